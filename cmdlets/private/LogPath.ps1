# The paths of a cmdlet as the worker takes them: absolute, and of the file system. What does not
# exist is an error that ends nothing, so that the other paths are still read.

function Resolve-LogPath {
    [OutputType([string])]
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Path, [switch] $Literal)

    $provider = $drive = $null
    # Only wildcards are looked up here. What is not there is told by the worker: to have the engine
    # find it missing would leave its error in $Error, beside ours.
    if (-not $Literal -and -not [WildcardPattern]::ContainsWildcardCharacters($Path)) {
        $Path, $Literal = [WildcardPattern]::Unescape($Path), $true
    }
    try {
        if ($Literal) {
            $found = @($Cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(
                    $Path, [ref] $provider, [ref] $drive))
        }
        else {
            $found = $Cmdlet.GetResolvedProviderPathFromPSPath($Path, [ref] $provider)
        }
    }
    catch [Management.Automation.ItemNotFoundException],
    [Management.Automation.DriveNotFoundException],
    [Management.Automation.ProviderNotFoundException] {
        $found = @()
    }
    if ($found.Count -gt 0 -and $provider.Name -eq 'FileSystem') {
        return $found
    }
    $Cmdlet.WriteError((Get-ErrorRecord 'PR_LOG_NOT_FOUND' (
                "There is no log or log directory '$Path'.") '' $Path))
}

# A moment as the worker takes it, in the zone that it was given in: what is said of it is said in
# the same one. Of a [datetime], or a text, without a zone that is the local one.
function ConvertTo-Moment {
    [OutputType([string])]
    param([DateTimeOffset] $Time)

    $Time.ToString('o', [cultureinfo]::InvariantCulture)
}

# Windows has names of its own for time zones; the worker knows those of everybody else.
function ConvertTo-TimeZoneName {
    [OutputType([string])]
    param([string] $Name)

    $known = $null
    [timezoneinfo]::TryConvertWindowsIdToIanaId($Name, [ref] $known) ? $known : $Name
}
