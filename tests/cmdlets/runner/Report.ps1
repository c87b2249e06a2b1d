# One line a test as it ends; under a failed one the place, what was expected and what came.

$script:result = $null

function Get-EmptyResult {
    [pscustomobject]@{ Passed = 0; Failed = 0; Skipped = 0 }
}

function Write-FileName {
    param([string] $File)

    $Host.UI.WriteLine()
    $Host.UI.WriteLine($File)
}

function Write-Coloured {
    param([string] $Style, [string] $Text)

    $Host.UI.WriteLine("$Style$Text$($PSStyle.Reset)")
}

function Write-TestResult {
    param($Test, $Failure, [timespan] $Elapsed)

    $title = (Get-Path $Test Title) -join ' > '
    if (-not $Failure) {
        $script:result.Passed++
        $time = [Math]::Round($Elapsed.TotalMilliseconds)
        Write-Coloured $PSStyle.Foreground.Green "  ok    $title ($time ms)"
    }
    elseif ($Failure.FullyQualifiedErrorId -like 'PesterTestSkipped*') {
        Write-Skipped $Test $Failure.Exception.Message
    }
    else {
        Write-Failed $title $Failure $Test.Code.File $Test.Code.StartPosition.StartLine
    }
}

function Write-Skipped {
    param($Test, [string] $Because)

    $script:result.Skipped++
    $reason = if ($Because) { ": $Because" }
    $title = (Get-Path $Test Title) -join ' > '
    Write-Coloured $PSStyle.Foreground.Yellow "  skip  $title$reason"
}

function Write-Failed {
    param([string] $Title, $Failure, [string] $File, [int] $Line = 1)

    $script:result.Failed++
    $red = $PSStyle.Foreground.Red
    Write-Coloured $red "  FAIL  $Title"
    Write-Coloured $red "        $(Get-Place $Failure $File $Line)"
    foreach ($text in (Get-FailureText $Failure) -split '\r?\n') {
        Write-Coloured $red "        $text"
    }
}

# The line of the test file that the error came through, else where the test begins.
function Get-Place {
    param($Failure, [string] $File, [int] $Line)

    $inFile = "$([regex]::Escape($File)): line (\d+)"
    if ($Failure.ScriptStackTrace -match $inFile) {
        return "${File}:$($Matches[1])"
    }

    "${File}:$Line"
}

function Get-FailureText {
    param($Failure)

    if ($Failure.FullyQualifiedErrorId -like 'PesterAssertionFailed*') {
        return $Failure.Exception.Message
    }

    "$($Failure.Exception.GetType().Name): $($Failure.Exception.Message)"
    "($($Failure.FullyQualifiedErrorId))"
}
