# What Tab offers for the names that are on this machine now. Completion never fails and never makes
# anyone wait: after half a second, or with any error, it offers nothing.

$script:completionTime = 400

function Get-LiveValue {
    [CmdletBinding()]
    [OutputType([string])]
    param([string] $Property, [string] $Word)

    $deadline = [datetime]::UtcNow.AddMilliseconds($script:completionTime)
    $request = Open-WorkerRequest $PSCmdlet $deadline
    try {
        $parameters = @{ property = $Property; prefix = $Word.Trim("'", '"') }
        Send-WorkerRequest $request 'complete' $parameters
        while ($answer = Read-WorkerAnswer $request) {
            $answer.values
        }
    }
    catch {
        $PSCmdlet.WriteDebug("No completion: $_")
    }
    finally {
        try { Close-WorkerRequest $request }
        finally { Close-WorkerRequest $request }
    }
}

# A text that the parameter takes for just this value: quoted where it must be, with ? in the place
# of what can't be typed, or would be taken for a wildcard.
function ConvertTo-CompletionText {
    param([string] $Value)

    $typed = [regex]::Replace($Value, '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}*\[\]`]', '?')
    if ($typed -match '^[\w./][\w.:/@+-]*$') {
        return $typed
    }
    "'$([Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($typed))'"
}

$commands = 'Get-PortSnapshot', 'Import-PRLog', 'Watch-PortActivity'
foreach ($name in 'ProcessName', 'User', 'Service', 'Namespace') {
    Register-ArgumentCompleter -CommandName $commands -ParameterName $name -ScriptBlock {
        # The engine passes the command, the parameter and the word typed so far.
        foreach ($value in Get-LiveValue $args[1] $args[2]) {
            ConvertTo-CompletionText $value
        }
    }
}

Register-ArgumentCompleter -CommandName 'Import-PRLog' -ParameterName 'TimeZone' -ScriptBlock {
    foreach ($zone in [timezoneinfo]::GetSystemTimeZones()) {
        $name = ConvertTo-TimeZoneName $zone.Id
        if ($name.StartsWith($args[2].Trim("'"), [StringComparison]::OrdinalIgnoreCase)) {
            ConvertTo-CompletionText $name
        }
    }
}
