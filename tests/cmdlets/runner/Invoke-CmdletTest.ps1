<#
.SYNOPSIS
Runs cmdlet tests: with Pester 5 or later where it can be imported, else with the module beside this
script, which knows the part of Pester's dialect that this project's tests use.

.DESCRIPTION
Both ways end with the line `N passed, N failed, N skipped`. The exit code is 1 if a test failed or
none ran. Only core cmdlets and .NET are used here, so that it runs in any host of the engine.

.EXAMPLE
./Invoke-CmdletTest.ps1
Every test file below tests/cmdlets.

.EXAMPLE
./Invoke-CmdletTest.ps1 Get-PortSnapshot.Tests.ps1 -Name '*TIME_WAIT*'
Of one file, the tests whose full name, its parts joined by dots, is like that.
#>
[CmdletBinding()]
param(
    # Test files, and folders to look for *.Tests.ps1 in.
    [Parameter(Position = 0, ValueFromRemainingArguments)]
    [string[]] $Path = [IO.Path]::GetDirectoryName($PSScriptRoot),

    [string] $Name,

    [string[]] $Tag = @(),

    [string[]] $ExcludeTag = @(),

    # Not with Pester, even where there is one.
    [switch] $NoPester
)

# An error of the run itself. ($ErrorActionPreference would reach into the tests.)
trap {
    $Host.UI.WriteErrorLine("$_")
    $PSCmdlet.WriteVerbose($_.ScriptStackTrace)
    exit 1
}

function Find-TestFile([string] $Given) {
    $full = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Given)
    if ([IO.Directory]::Exists($full)) {
        $files = [IO.Directory]::GetFiles($full, '*.Tests.ps1', 'AllDirectories')
        [Array]::Sort($files, [StringComparer]::Ordinal)
        return $files
    }

    if (-not [IO.File]::Exists($full)) {
        throw "There is no test file or folder '$Given'."
    }

    $full
}

# A block or file that failed without a failed test in it, as by its AfterAll, counts as one.
function Invoke-PesterRun([hashtable] $Selection) {
    $configuration = New-PesterConfiguration @{
        Run = @{ Path = $Selection.Path; PassThru = $true }
        Filter = @{ Tag = $Selection.Tag; ExcludeTag = $Selection.ExcludeTag }
        Output = @{ Verbosity = 'Detailed' }
    }
    if ($Selection.Name) {
        $configuration.Filter.FullName = $Selection.Name
    }

    $run = Invoke-Pester -Configuration $configuration
    $otherFailures = $run.FailedBlocksCount + $run.FailedContainersCount
    @{
        Passed = $run.PassedCount
        Failed = $run.FailedCount -gt 0 ? $run.FailedCount : $otherFailures
        Skipped = $run.SkippedCount
    }
}

$files = foreach ($given in $Path) { Find-TestFile $given }
$selection = @{ Path = @($files); Name = $Name; Tag = $Tag; ExcludeTag = $ExcludeTag }
if (-not $NoPester -and (Import-Module Pester -MinimumVersion 5.0 -PassThru -ErrorAction Ignore)) {
    $result = Invoke-PesterRun $selection
}
else {
    Import-Module ([IO.Path]::Combine($PSScriptRoot, 'Dialect.psm1')) -Force
    # The block belongs to this session, and so do the scopes it makes for the tests.
    $result = Invoke-DialectRun @selection -InScope { & $args[0] }
}

$Host.UI.WriteLine()
$noneRan = $result.Passed + $result.Failed -eq 0
if ($noneRan) {
    $Host.UI.WriteErrorLine('No test ran.')
}

$Host.UI.WriteLine("$($result.Passed) passed, $($result.Failed) failed, $($result.Skipped) skipped")
exit [int]($result.Failed -gt 0 -or $noneRan)
