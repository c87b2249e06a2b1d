# What Tab offers. The fake worker knows five names, each with a difficulty of its own.

BeforeAll {
    . $PSScriptRoot/support/Support.ps1

    # A worker has as long as it takes on a busy machine.
    function Import-PatientModule {
        $module = Import-TestedModule -Fake
        & $module { $script:completionTime = 60000 }
    }

    Import-PatientModule

    function Get-Offer {
        param([string] $Line)

        [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).
            CompletionMatches.Where({ $_.ResultType -notlike 'Provider*' }).CompletionText
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'Completion' {
    It 'offers what is there now, for <_>' -ForEach 'ProcessName', 'User', 'Service', 'Namespace' {
        Get-Offer "Get-PortSnapshot -$_ ng" | Should -Be 'nginx'
    }

    It 'quotes what needs it, and leaves out what can''t be typed' {
        Get-Offer 'Get-PortSnapshot -ProcessName ' |
            Should -Be 'nginx', "'o''neill'", "'two words'", "'red??31m'", "'-dash'"
    }

    It 'goes on from a quoted beginning' {
        Get-Offer "Get-PortSnapshot -ProcessName 'two" | Should -Be "'two words'"
    }

    It 'offers texts that the parameter takes' {
        $offer = Get-Offer 'Get-PortSnapshot -ProcessName o'
        & ([scriptblock]::Create($offer)) | Should -Be "o'neill"
    }

    It 'offers <Offer> for -<Parameter>' -ForEach @(
        @{ Parameter = 'State'; Typed = 'Fin'; Offer = 'FinWait1', 'FinWait2' }
        @{ Parameter = 'Protocol'; Typed = ''; Offer = 'TCP', 'UDP' }
        @{ Parameter = 'AddressFamily'; Typed = ''; Offer = 'IPv4', 'IPv6' }
    ) {
        Get-Offer "Get-PortSnapshot -$Parameter $Typed" | Should -Be $Offer
    }

    It 'offers all thirteen states' {
        Get-Offer 'Get-PortSnapshot -State ' | Should -HaveCount 13
    }

    It 'offers nothing, in time, where the worker is slow, and leaves it usable' {
        $null = Import-TestedModule -Fake
        $id = (Get-PortSnapshot)[0].OwningProcess
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Get-Offer 'Get-PortSnapshot -User slow' | Should -BeNullOrEmpty
        # The worker takes a minute. It is given half a second, and a busy machine takes its share.
        $watch.ElapsedMilliseconds | Should -BeLessThan 30000
        (Get-PortSnapshot)[0].OwningProcess | Should -Not -Be $id -Because 'it took a minute to end'
        Import-PatientModule
    }

    It 'offers nothing, without a word, where the worker dies or can''t be started' {
        Get-Offer 'Get-PortSnapshot -User die' | Should -BeNullOrEmpty
        & (Get-Module PortReporter) { $script:workerFile = '/nowhere' }
        Get-Offer 'Get-PortSnapshot -User x' | Should -BeNullOrEmpty
        Import-PatientModule
    }

    It 'knows the properties of what <Command> gives' -ForEach @(
        @{ Command = 'Get-PortReporter'; Property = 'Problem', 'Usable' }
        @{ Command = 'Get-PortSnapshot'; Property = 'LocalPort', 'Endpoints', 'States' }
        @{ Command = 'Get-PRLog'; Property = 'Records' }
        @{ Command = 'Import-PRLog'; Property = 'LineNumber', 'Endpoints', 'ComputerName' }
        @{ Command = 'Watch-PortActivity'; Property = 'PreviousState' }
    ) {
        # The engine offers them by these types, sorted by Sort-Object: which is not everywhere.
        $types = (Get-Command $Command).OutputType.Type
        foreach ($each in $Property) {
            $types.GetProperties().Name | Should -Contain $each
        }
    }
}
