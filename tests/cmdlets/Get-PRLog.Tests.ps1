# The logs of a directory, and whether each is whole.

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
    $script:folder = [IO.Path]::Combine($TestDrive, 'logs')
    $node = $env:PORTREPORTER_NODE ?? 'node'
    & $node $PSScriptRoot/support/logs.mjs $folder genuine ours bad ended status other
    $script:logs = @(Get-PRLog $folder)
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'The list of logs' {
    It 'has each log, the oldest first' {
        $logs.Name | Should -Be @('PR-INITIAL-05-07-6-13-44-4.log', 'PR-PORTS-05-07-6-13-44-4.log',
            'PR-PORTS-26-07-6-13-44-4.log', 'PR-PIDS-26-07-6-13-44-4.log',
            'PR-PORTS-26-07-7-0-0-0.log', 'PR-PORTS-26-07-8-0-0-0.log')
        $logs.Kind | Should -Be 'PR-INITIAL', 'PR-PORTS', 'PR-PORTS', 'PR-PIDS', 'PR-PORTS', 'PR-PORTS'
    }

    It 'says whether each is whole' {
        $logs.State |
            Should -Be 'Complete', 'Complete', 'Interrupted', 'Interrupted', 'Torn', 'Complete'
    }

    It 'counts the records' {
        $logs.Records | Should -Be 2, 3, 3, 2, 3, 7
    }

    It 'has the first and the last moment' {
        $log = $logs[2]
        $log.Start.ToUniversalTime().ToString('s') | Should -Be '2026-07-06T11:44:04'
        $log.End.ToUniversalTime().ToString('s') | Should -Be '2026-07-06T11:57:04'
        $log.Size | Should -Be ([IO.FileInfo]::new($log.FullName).Length)
    }

    It 'can be asked for by kind, and read' {
        @(Get-PRLog $folder -Kind PR-PIDS) | Should -HaveCount 1
        @(Get-PRLog -LogDirectory $folder -Kind pids | Import-PRLog) | Should -HaveCount 2
    }

    It 'needs a directory that is there' {
        { Get-PRLog "$folder/none" } | Should -Throw -ErrorId 'PR_LOG_NOT_FOUND*'
    }
}
