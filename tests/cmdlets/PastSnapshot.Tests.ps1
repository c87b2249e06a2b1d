# Get-PortSnapshot -At: a past moment, rebuilt from the logs. All records are of 11:52 UTC.

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule

    # A new folder with these logs (tests/cmdlets/support/logs.mjs).
    function New-LogFolder {
        param([string[]] $Name)

        $folder = [IO.Path]::Combine($TestDrive, [guid]::NewGuid().ToString('n'))
        & ($env:PORTREPORTER_NODE ?? 'node') $PSScriptRoot/support/logs.mjs $folder @Name
        $folder
    }

    function Get-Past {
        param([string] $Folder, [int] $Second, [int] $Minute = 52, [hashtable] $Filter = @{})

        $at = [datetime]::new(2026, 7, 6, 11, $Minute, $Second, [DateTimeKind]::Utc)
        Get-PortSnapshot -At $at -LogDirectory $Folder @Filter
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'A past moment' {
    BeforeAll {
        $script:folder = New-LogFolder past
    }

    It 'has what PR-INITIAL has, and what was opened since' {
        (Get-Past $folder 3).LocalPort | Should -Be 22, 3389
        (Get-Past $folder 0).LocalPort | Should -Be 22
        (Get-Past $folder 59).LocalPort | Should -Be 22
    }

    It 'has every property that the logs have' {
        $endpoint = Get-Past $folder 3 -Filter @{ LocalPort = 3389 }
        $endpoint.OwningProcess, $endpoint.ProcessName, $endpoint.User | Should -Be 812, 'xrdp', 'xrdp'
        $endpoint.State, $endpoint.Attribution, $endpoint.Namespace |
            Should -Be 'Listen', 'Kernel', 'default'
        $endpoint.Services, $endpoint.Path | Should -Be 'xrdp.service', '/usr/sbin/xrdp'
        $endpoint.Time.ToUniversalTime().ToString('s') | Should -Be '2026-07-06T11:52:03'
    }

    It 'has no Id: who is named may be gone' {
        $endpoint = @(Get-Past $folder 3)[0]
        $endpoint.GetType().Name | Should -Be 'RecordedEndpoint'
        $endpoint.PSObject.Properties.Name | Should -Not -Contain 'Id'
    }

    It 'takes the filters of Get-PortSnapshot' {
        (Get-Past $folder 3 -Filter @{ ProcessName = 'ssh*' }).LocalPort | Should -Be 22
        (Get-Past $folder 3 -Filter @{ ProcessId = 812 }).LocalPort | Should -Be 3389
        @(Get-Past $folder 3 -Filter @{ Protocol = 'UDP' }) | Should -HaveCount 0
    }
}

Describe 'Other views of a past moment' {
    BeforeAll {
        $script:folder = New-LogFolder past
    }

    It 'are blocks of processes' {
        $blocks = Get-Past $folder 3 -Filter @{ GroupByProcess = $true }
        $blocks.ForEach({ $_.GetType().Name }) | Should -Be 'PortProcess', 'PortProcess'
        $blocks.ProcessName | Should -Be 'sshd', 'xrdp'
        $blocks[1].Endpoints[0].GetType().Name | Should -Be 'RecordedEndpoint'
        $blocks[1].Endpoints.LocalPort | Should -Be 3389
        $blocks[1].Statistics.TcpMappings | Should -Be 1
        $null -eq $blocks[1].Modules | Should -BeTrue
        $xrdp = Get-Past $folder 3 -Filter @{ GroupByProcess = $true; ProcessName = 'xrdp' }
        $xrdp | Should -HaveCount 1
    }

    It 'are counts' {
        $counts = Get-Past $folder 3 -Filter @{ Statistics = $true }
        $counts.TcpMappings, $counts.UdpMappings | Should -Be 2, 0
        (Get-Past $folder 3 -Filter @{ Statistics = $true; LocalPort = 22 }).TcpMappings | Should -Be 1
    }

    It 'have modules, as PR-INITIAL and PR-PIDS list them' {
        $endpoints = Get-Past $folder 3 -Filter @{ IncludeModules = $true }
        $endpoints[0].Modules | Should -Be '/usr/sbin/sshd'
        $endpoints[1].Modules | Should -Be '/usr/sbin/xrdp', '/usr/lib/libssl.so.3'
        $null -eq (Get-Past $folder 3)[0].Modules | Should -BeTrue
        $block = Get-Past $folder 3 -Filter @{ GroupByProcess = $true; IncludeModules = $true; LocalPort = 22 }
        $block.Modules | Should -Be '/usr/sbin/sshd'
    }

    It 'are refused where the logs do not have them' {
        foreach ($view in @{}, @{ GroupByProcess = $true }) {
            { Get-Past $folder 3 -Filter ($view + @{ ResolveHostName = $true }) } |
                Should -Throw '-ResolveHostName can not be combined with -At*' -ErrorId 'PR_PARAMETER_INVALID*'
        }
        { Get-PortSnapshot -Statistics -LogDirectory $folder } |
            Should -Throw '-LogDirectory says nothing without -At*' -ErrorId 'PR_PARAMETER_INVALID*'
    }
}

Describe 'A moment that is not known' {
    It 'lies before the first PR-INITIAL' {
        { Get-Past (New-LogFolder past) 0 -Minute 30 } |
            Should -Throw '*not known: no PR-INITIAL*' -ErrorId 'PR_MOMENT_UNKNOWN,Get-PortSnapshot'
    }

    It 'lies behind the last sign of life' {
        { Get-Past (New-LogFolder past) 0 -Minute 59 } |
            Should -Throw '*nobody recorded then*2026-07-06T11:57:04.000Z*' -ErrorId 'PR_MOMENT_UNKNOWN*'
    }

    It 'is said in the zone in which it was asked for' {
        $at = [DateTimeOffset]::new(2026, 7, 6, 13, 59, 0, [timespan]::FromHours(2))
        $message = '*2026-07-06T13:59:00.000+02:00 is not known*end at 2026-07-06T13:57:04.000+02:00*'
        { Get-PortSnapshot -At $at -LogDirectory (New-LogFolder past) } | Should -Throw $message
        { Get-PortSnapshot -At $at.ToString('o') -LogDirectory (New-LogFolder past) } |
            Should -Throw $message
    }

    It 'lies behind a jump of the clock, or a sleep: <_>' -ForEach pastClockSet, pastSuspended {
        $folder = New-LogFolder $_
        { Get-Past $folder 30 } | Should -Throw '*between the last PR-INITIAL*' -ErrorId 'PR_MOMENT*'
        (Get-Past $folder 2).LocalPort | Should -Be 22, 3389
    }

    It 'came twice' {
        { Get-Past (New-LogFolder pastSetBack) 30 } | Should -Throw -ErrorId 'PR_MOMENT_UNKNOWN*'
    }

    It 'is told of by Legacy logs, which do not say what was closed' {
        { Get-Past (New-LogFolder pastLegacy) 30 } |
            Should -Throw '*does not tell what was closed*' -ErrorId 'PR_MOMENT_UNKNOWN*'
    }

    It 'has not come yet' {
        { Get-PortSnapshot -At ([datetime]::Now.AddHours(1)) -LogDirectory $TestDrive } |
            Should -Throw '*has not come yet*' -ErrorId 'PR_MOMENT_UNKNOWN*'
    }
}

Describe 'A gap' {
    It 'before the moment is a warning' {
        $folder = New-LogFolder pastGap
        (Get-Past $folder 30 -Filter @{ WarningVariable = 'said' } 3>$null).LocalPort |
            Should -Be 22, 3389
        $said = @(Get-Past $folder 30 3>&1).Where({ $_ -is [Management.Automation.WarningRecord] })
        "$said" | Should -BeLike 'Between the PR-INITIAL of * and that moment there is a gap, with 12 *'
    }
}
