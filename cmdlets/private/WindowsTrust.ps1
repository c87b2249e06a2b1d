# Windows: whose is what an install is about to start, and whom does its access list let change it? The
# worker then looks closer, at each file that it copies (ts-worker/src/trust/windows.ts), and by the
# same rules.

# SYSTEM, Administrators, TrustedInstaller.
$script:machineAccounts = @(
    'S-1-5-18'
    'S-1-5-32-544'
    'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
)

# FileSystemRights: to replace what is in a directory, and to write. The high bits are GENERIC_ALL and
# GENERIC_WRITE (winnt.h), which an entry may hold as well.
$script:replaceRights = [int] [Security.AccessControl.FileSystemRights] (
    'DeleteSubdirectoriesAndFiles, Delete, ChangePermissions, TakeOwnership') -bor 0x10000000
$script:writeRights = $script:replaceRights -bor 0x40000000 -bor
    [int] [Security.AccessControl.FileSystemRights] 'Write'

function Get-TrustedWindowsNode {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Node,
        [switch] $AcceptNode,
        [switch] $Force
    )
    if (-not $AcceptNode) {
        Assert-TrustedFile $Cmdlet ([IO.Path]::GetFullPath($Node))
    }
    if (-not $Force) {
        Assert-TrustedFile $Cmdlet (@($script:workerFile) + (Get-ModuleFile))
    }
    $Node
}

function Assert-TrustedWindowsFile {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Path)

    $known = [Collections.Generic.HashSet[string]]::new([StringComparer]::OrdinalIgnoreCase)
    foreach ($each in $Path) {
        # Whoever may put a DLL beside a program decides what the program does.
        $above = [IO.Path]::GetDirectoryName($each)
        for ($part = $each; $part; $part = [IO.Path]::GetDirectoryName($part)) {
            $isClose = $part -eq $each -or $part -eq $above
            if ($known.Add("$isClose $part")) {
                $rights = $isClose ? $script:writeRights : $script:replaceRights
                $reason = Get-WindowsDistrust $part $rights
                if ($reason) {
                    $message = "'$each' would run with all rights, and it is not safe: $reason."
                    $hint = Get-WindowsTrustHint $part
                    $Cmdlet.ThrowTerminatingError(
                        (Get-ErrorRecord 'PR_PATH_UNSAFE' $message $hint $part))
                }
            }
        }
    }
}

# What is the module's, or Node's own, is put right where it is; the rest is somebody's place.
function Get-WindowsTrustHint {
    param([string] $Path)

    $isOurs = "$Path\".StartsWith("$script:moduleRoot\") -or [IO.File]::Exists($Path)
    if (-not $isOurs) {
        return "Copy it to where only administrators may write, such as '$env:ProgramFiles', and use that."
    }
    $inherited = [IO.Directory]::Exists($Path) ? '(OI)(CI)' : ''
    "Give it to administrators: icacls `"$Path`" /setowner `"*S-1-5-32-544`"; " +
    "icacls `"$Path`" /inheritance:r /grant:r `"*S-1-5-18:${inherited}F`" " +
    "`"*S-1-5-32-544:${inherited}F`" `"*S-1-5-32-545:${inherited}RX`""
}

# A clause that says why others could change it; nothing where they can't.
function Get-WindowsDistrust {
    param([string] $Path, [int] $Rights)

    if ([IO.File]::GetAttributes($Path) -band [IO.FileAttributes]::ReparsePoint) {
        return "'$Path' is a link: name what it leads to"
    }
    $item = [IO.Directory]::Exists($Path) ? [IO.DirectoryInfo]::new($Path) : [IO.FileInfo]::new($Path)
    $security = [IO.FileSystemAclExtensions]::GetAccessControl($item, 'Owner, Access')
    $sid = [Security.Principal.SecurityIdentifier]
    $owner = $security.GetOwner($sid).Value
    if ($owner -notin $script:machineAccounts) {
        return "'$Path' belongs to the account $owner"
    }
    foreach ($rule in $security.GetAccessRules($true, $true, $sid)) {
        $account = $rule.IdentityReference.Value
        $grants = $rule.AccessControlType -eq 'Allow' -and
            -not $rule.PropagationFlags.HasFlag([Security.AccessControl.PropagationFlags]::InheritOnly)
        if ($grants -and ([int] $rule.FileSystemRights -band $Rights) -and
            $account -notin $script:machineAccounts) {
            return "the account $account may write to '$Path'"
        }
    }
}
