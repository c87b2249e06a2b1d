# Should. An operator is a test of $Actual and $Expected, and what it wants in words. It gets the
# piped values one by one, or, where Whole is set, all of them as a list.

$script:operators = @{
    Be = @{
        Whole = $true
        Test = { Test-Equal $Actual $Expected { $args[0] -eq $args[1] } }
        Wants = 'to be {0}'
    }
    BeExactly = @{
        Whole = $true
        Test = { Test-Equal $Actual $Expected { $args[0] -ceq $args[1] } }
        Wants = 'to be exactly {0}'
    }
    BeNullOrEmpty = @{
        Whole = $true
        Test = { Test-NullOrEmpty $Actual }
        Wants = 'to be $null or empty'
    }
    Contain = @{
        Whole = $true
        Test = { $Actual -contains $Expected }
        Wants = 'to contain {0}'
    }
    HaveCount = @{
        Whole = $true
        Test = { @($Actual).Count -eq $Expected }
        Wants = 'to have the count {0}'
        Got = { "$(@($Actual).Count): $(Format-Value $Actual)" }
    }
    BeOfType = @{
        Test = { $Actual -is (ConvertTo-Type $Expected) }
        Wants = 'to be of type {0}'
        Got = { "$(Format-Value $Actual) of type $(Format-Value ($Actual)?.GetType())" }
    }
    BeTrue = @{ Test = { [bool]$Actual }; Wants = 'to be $true' }
    BeFalse = @{ Test = { -not $Actual }; Wants = 'to be $false' }
    BeGreaterThan = @{ Test = { $Actual -gt $Expected }; Wants = 'to be greater than {0}' }
    BeGreaterOrEqual = @{ Test = { $Actual -ge $Expected }; Wants = 'to be {0} or greater' }
    BeLessThan = @{ Test = { $Actual -lt $Expected }; Wants = 'to be less than {0}' }
    BeLessOrEqual = @{ Test = { $Actual -le $Expected }; Wants = 'to be {0} or less' }
    BeLike = @{ Test = { $Actual -like $Expected }; Wants = 'to be like {0}' }
    Match = @{ Test = { $Actual -match $Expected }; Wants = 'to match {0}' }
    MatchExactly = @{ Test = { $Actual -cmatch $Expected }; Wants = 'to match exactly {0}' }
    BeIn = @{ Test = { $Expected -contains $Actual }; Wants = 'to be in {0}' }
    Exist = @{ Test = { $script:session.InvokeProvider.Item.Exists($Actual) }; Wants = 'to exist' }
}

function Should {
    [CmdletBinding()]
    param(
        [Parameter(ValueFromPipeline)] $ActualValue,
        [Parameter(Position = 0)]
        [Alias('ExpectedMessage', 'ExpectedType', 'RegularExpression')] $ExpectedValue,
        [switch] $Not,
        [string] $Because,
        [Alias('EQ')] [switch] $Be,
        [Alias('CEQ')] [switch] $BeExactly,
        [switch] $BeNullOrEmpty,
        [switch] $BeTrue,
        [switch] $BeFalse,
        [Alias('GT')] [switch] $BeGreaterThan,
        [Alias('GE')] [switch] $BeGreaterOrEqual,
        [Alias('LT')] [switch] $BeLessThan,
        [Alias('LE')] [switch] $BeLessOrEqual,
        [switch] $BeLike,
        [switch] $Match,
        [Alias('CMATCH')] [switch] $MatchExactly,
        [switch] $Contain,
        [switch] $BeIn,
        [Alias('HaveType')] [switch] $BeOfType,
        [switch] $HaveCount,
        [switch] $Exist,
        [switch] $Throw,
        [string] $ErrorId,
        [type] $ExceptionType,
        [switch] $PassThru
    )

    begin {
        $values = [Collections.Generic.List[object]]::new()
    }
    process {
        $values.Add($ActualValue)
    }
    end {
        $why = if ($Because) { " because $($Because -replace '^because\s+')," }
        if ($Throw) {
            $wanted = @{ Message = $ExpectedValue; Id = $ErrorId; Type = $ExceptionType }
            $caught = Assert-Throw $values[0] $wanted $Not $why
            if ($PassThru) { $caught }
            return
        }

        $operator = Get-Operator $PSBoundParameters.Keys
        if ($operator.Whole) {
            Assert-Value $operator $values.ToArray() $ExpectedValue $Not $why
            return
        }

        foreach ($value in $values.Count -gt 0 ? $values : , $null) {
            Assert-Value $operator $value $ExpectedValue $Not $why
        }
    }
}

function Get-Operator {
    param([string[]] $Given)

    $names = @($Given | Where-Object { $script:operators.ContainsKey($_) })
    if ($names.Count -ne 1) {
        throw [ArgumentException]::new("Should needs one operator. It was given $($names.Count).")
    }

    $script:operators[$names[0]]
}

function Assert-Value {
    param($Operator, $Actual, $Expected, [bool] $Negate, [string] $Why)

    if ([bool](& $Operator.Test) -ne $Negate) {
        return
    }

    # As it was written: a single value is not shown as a list.
    $shown = if ($Operator.Whole -and $Actual.Count -eq 1) { $Actual[0] } else { $Actual }
    $got = if ($Operator.Got) { & $Operator.Got } else { Format-Value $shown }
    $wants = $Operator.Wants -replace '\{0\}', (Format-Value $Expected).Replace('$', '$$')
    $not = if ($Negate) { 'not ' }
    Deny-Assertion "Expected the value $not$wants,$Why but got $got."
}

function Deny-Assertion {
    param([string] $Message)

    throw [Management.Automation.ErrorRecord]::new(
        [Exception]::new($Message), 'PesterAssertionFailed', 'InvalidResult', $null)
}

# Lists are equal when their elements are; an empty one equals $null, and one element its list.
function Test-Equal {
    param([object[]] $Actual, [object[]] $Expected, [scriptblock] $Compare)

    if ((Test-Nothing $Actual) -or (Test-Nothing $Expected)) {
        return (Test-Nothing $Actual) -and (Test-Nothing $Expected)
    }

    if ($Actual.Count -ne $Expected.Count) {
        return $false
    }

    for ($i = 0; $i -lt $Actual.Count; $i++) {
        $same = if ($Actual[$i] -is [array] -or $Expected[$i] -is [array]) {
            Test-Equal $Actual[$i] $Expected[$i] $Compare
        }
        else {
            & $Compare $Expected[$i] $Actual[$i]
        }

        if (-not $same) {
            return $false
        }
    }

    $true
}

function Test-Nothing {
    param([object[]] $Value)

    $null -eq $Value -or $Value.Count -eq 0 -or ($Value.Count -eq 1 -and $null -eq $Value[0])
}

function Test-NullOrEmpty {
    param([object[]] $Actual)

    if ($Actual.Count -ne 1) {
        return $Actual.Count -eq 0
    }

    $only = $Actual[0]
    $only -is [hashtable] ? $only.Count -eq 0 : [string]::IsNullOrEmpty($only)
}

function ConvertTo-Type {
    param($Type)

    if ($Type -is [type]) {
        return $Type
    }

    ("$Type" -replace '^\[(.*)\]$', '$1') -as [type] ?? $(
        throw [ArgumentException]::new("There is no type [$Type].")
    )
}

# A value as it would be written.
function Format-Value {
    param($Value)

    if ($null -eq $Value) { return '$null' }
    if ($Value -is [bool]) { return "`$$Value".ToLowerInvariant() }
    if ($Value -is [string]) { return "'$Value'" }
    if ($Value -is [type]) { return "[$($Value.FullName)]" }
    if ($Value -is [datetime]) { return $Value.ToString('o') }
    if ($Value -is [Collections.IList]) {
        $elements = foreach ($element in $Value) { Format-Value $element }
        return "@($($elements -join ', '))"
    }

    "$Value"
}
