# Get-PortReporter on this machine, with rights and without: what it tells must be what the other
# cmdlets then do. (tests/worker/capability.test.ts hides each thing in turn.)

BeforeDiscovery {
    $script:noKernel = -not ($IsLinux -and [Environment]::IsPrivilegedProcess)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
    $script:found = @(Get-PortReporter -Capability)

    # A line `name|usable|reason` for each capability, from a shell under another program, and then
    # what the other two cmdlets say about their sources.
    function Get-Told {
        param([string[]] $Before)

        $said = Get-ShellOutput -Before $Before -Command "Import-Module '$manifest'
            (Get-PortReporter -Capability).ForEach({ `$_.Name, `$_.Usable, `$_.Reason -join '|' })
            (Get-PortSnapshot -LocalPort 1 -Verbose 4>&1).ForEach({ `"`$_`" })
            (Watch-PortActivity -Port 1 -Duration 0 -Verbose 4>&1).ForEach({ `"`$_`" })"
        $said -split '\r?\n'
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'Get-PortReporter' {
    BeforeAll {
        $script:health = Get-PortReporter
    }

    It 'gives one object with the properties that were promised' {
        $health | Should -HaveCount 1
        $health.GetType().GetProperties().Name | Should -Be 'Installed', 'State', 'StartType',
            'Problem', 'ProcessId', 'Since', 'Source', 'WhyNotBetter', 'LogDirectory', 'Files',
            'Records', 'Gaps', 'Missed', 'Endpoints', 'LastHeartbeat', 'ModuleVersion',
            'WorkerVersion', 'NodeVersion', 'InstallPath', 'SettingsFile'
        $health.ModuleVersion | Should -Be (Get-Module PortReporter).Version
    }

    It 'says how to install what is not installed, or how to run it elsewhere' {
        if ($health.Installed) {
            Set-ItResult -Skipped -Because 'it is installed here'
        }
        $health.State | Should -Be 'NotInstalled'
        $health.Problem | Should -Match 'Install-PortReporter -AutoStart|portreporter-worker record'
    }
}

Describe 'Get-PortReporter -Capability' {
    It 'gives objects with the properties that were promised' {
        $found.Count | Should -BeGreaterThan 10
        foreach ($capability in $found) { $capability.GetType().Name | Should -Be 'PortCapability' }
        $found[0].GetType().GetProperties().Name |
            Should -Be 'Name', 'Usable', 'Reason', 'Use', 'Detail'
    }

    It 'gives a reason for what can''t be used, and only for that' {
        foreach ($capability in $found) {
            $capability.Usable | Should -BeOfType 'bool'
            "$($capability.Name)", "$($capability.Use)" | Should -Not -Contain ''
            [bool] $capability.Reason |
                Should -Be (-not $capability.Usable) -Because $capability.Name
        }
    }

    It 'tells different things' {
        $names = [Collections.Generic.HashSet[string]]::new([string[]] $found.Name)
        $names.Count | Should -Be $found.Count
    }

    It 'leaves its worker for the next call' {
        $idle = { & (Get-Module PortReporter) { $script:idleWorkers.ToArray()[0].Process.Id } }
        $before = & $idle
        $null = Get-PortReporter -Capability
        & $idle | Should -Be $before
    }

    It 'can be done again and again: nothing stays loaded' {
        $verdict = { "$($_.Name) $($_.Usable)" }
        foreach ($time in 1..3) {
            (Get-PortReporter -Capability).ForEach($verdict) | Should -Be $found.ForEach($verdict)
        }
    }
}

Describe 'What it tells' -Skip:$noKernel {
    It 'is what is then done: with all rights' {
        $told = Get-Told @('env')
        $told | Should -Contain 'bpf(2)|True|'
        $told | Should -Contain 'Read by Bpf.'
        $told | Should -Contain 'Watching by Kernel.'
    }

    It 'is what is then done: without the rights for BPF' {
        $told = Get-Told 'setpriv', '--bounding-set', '-bpf,-perfmon,-sys_admin'
        $why = 'it needs root, or the capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN'
        $told | Should -Contain "bpf(2)|False|$why"
        $told | Should -Contain 'Read by SockDiag.'
        $told.Where({ $_ -like "Bpf can't be used: *$why*" }) | Should -HaveCount 1
        $told.Where({ $_ -like "Watching by Polling; *$why*" }) | Should -HaveCount 1
    }

    It 'is what is then done: without the types of the kernel' {
        $hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
        $told = Get-Told 'unshare', '--mount', 'sh', '-c', $hide, 'sh'
        $told | Should -Contain ("BTF|False|the kernel offers no type information " +
            "(/sys/kernel/btf/vmlinux can't be read: ENOENT)")
        $told | Should -Contain 'Read by SockDiag.'
        $told.Where({ $_ -like 'Watching by Polling; *no type information*' }) | Should -HaveCount 1
    }
}
