# The part of Pester 5's dialect that this project's tests use, for machines without Pester.
# A file is read twice, as by Pester: discovery runs it and the bodies of Describe and Context, and
# keeps what it finds as a tree of blocks and tests; the run walks that tree.

$ErrorActionPreference = 'Stop'

$parts = @(
    'Discovery', 'Selection', 'Run', 'TestDrive', 'Report',
    'Should', 'ShouldThrow', 'SetItResult', 'InModuleScope'
)
foreach ($part in $parts) {
    . ([IO.Path]::Combine($PSScriptRoot, "$part.ps1"))
}

Export-ModuleMember -Alias Context -Function @(
    'Describe', 'It', 'BeforeDiscovery', 'BeforeAll', 'AfterAll', 'BeforeEach', 'AfterEach',
    'Should', 'Set-ItResult', 'InModuleScope',
    'Invoke-DialectRun'
)
