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

    $seconds = ConvertTo-Number $Value
    if ($null -eq $seconds) {
        return $Value -as [timespan]
    }
    # What does not fit into a TimeSpan is out of all bounds.
    $fits = [Math]::Abs($seconds) -lt [timespan]::MaxValue.TotalSeconds
    $fits ? [timespan]::FromSeconds($seconds) : $null
}

# Null where it is none. A text goes not by -as, which makes 5 of '0,5'.
function ConvertTo-Number {
    [OutputType([double])]
    param([object] $Value)

    if ($Value -isnot [string]) {
        return $Value -as [double]
    }
    $number = 0.0
    $isNumber = [double]::TryParse($Value, 'Float', [cultureinfo]::InvariantCulture, [ref] $number)
    $isNumber ? $number : $null
}
