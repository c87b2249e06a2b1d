# -Duration and -Interval take a TimeSpan or a number of seconds. A parameter of type [timespan]
# would take 5 for five ticks, and '5' for five days.

function ConvertTo-Millisecond {
    [OutputType([long])]
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Name,
        [object] $Value,
        [timespan] $Least,
        [timespan] $Most
    )
    $span = ConvertTo-TimeSpan $Value
    if ($null -eq $span -or $span -lt $Least -or $span -gt $Most) {
        $bounds = "from $($Least.TotalSeconds) to $($Most.TotalSeconds)"
        $message = "'$Value' is not a value that -$Name understands; it accepts " +
            "a TimeSpan or a number of seconds, $bounds."
        $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_DURATION_INVALID' $message '' $Value))
    }
    [long] [Math]::Ceiling($span.TotalMilliseconds)
}

# Null where it is neither.
function ConvertTo-TimeSpan {
    [OutputType([timespan])]
    param([object] $Value)

    $seconds = $Value -as [double]
    if ($null -eq $seconds) {
        return $Value -as [timespan]
    }
    try {
        [timespan]::FromSeconds($seconds)
    }
    catch [OverflowException], [ArgumentException] {
        $null
    }
}
