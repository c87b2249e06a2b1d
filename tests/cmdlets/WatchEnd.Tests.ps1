# How a watch ends with its shell, and what it does without rights: looked at from outside.

BeforeDiscovery {
    $script:noKernel = -not ($IsLinux -and [Environment]::IsPrivilegedProcess)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1

    # The workers that this process started. The parent's number stands behind the name, which may
    # hold anything.
    function Get-WorkerProcess {
        param([int] $Parent)

        foreach ($id in [Diagnostics.Process]::GetProcesses().Id) {
            $stat, $line = try { 'stat', 'cmdline' | ForEach-Object {
                    [IO.File]::ReadAllText("/proc/$id/$_") } } catch { '', '' }
            if ($line -like '*portreporter-worker*' -and $stat -match '.*\) \S (\d+)' -and
                [int] $Matches[1] -eq $Parent) { $id }
        }
    }

    # A shell of this host that watches; gives it when the watch is under way.
    function Open-WatchingShell {
        $shell = Open-Shell "Import-Module '$manifest'
            Watch-PortActivity -Verbose -ProcessName none 4>&1 | ForEach-Object { `"`$_`" }"
        $shell.StandardOutput.ReadLine() | Should -BeLike 'Watching by *'
        $shell
    }
}

Describe 'A watch' -Skip:(-not $IsLinux) {
    It 'leaves its worker to the module, whichever way it ends' {
        $null = Import-TestedModule -Patient
        $read = { Get-PortSnapshot -LocalPort 1 }
        $null = Watch-PortActivity -IncludeExisting -Count 1 | ForEach-Object $read
        { Watch-PortActivity -IncludeExisting | ForEach-Object { throw 'enough' } } |
            Should -Throw 'enough'
        { Watch-PortActivity -Port http } | Should -Throw
        $idle = & (Get-Module PortReporter) {
            $script:idleWorkers.ToArray().ForEach({ $_.Process.Id })
        }
        $idle | Should -HaveCount 2
        Get-WorkerProcess $PID | Should -HaveCount 2
        foreach ($id in Get-WorkerProcess $PID) { $id | Should -BeIn $idle }
        Remove-Module PortReporter
        Wait-Until { -not (Get-WorkerProcess $PID) } | Should -BeTrue
    }

    It 'takes its worker with it when its shell is <How>' -ForEach @(
        @{ How = 'closed'; Signal = 'HUP' }
        @{ How = 'killed'; Signal = 'KILL' }
        @{ How = 'interrupted'; Signal = 'INT' }
    ) {
        $shell = Open-WatchingShell
        $workers = @(Get-WorkerProcess $shell.Id)
        $workers | Should -HaveCount 1
        [Diagnostics.Process]::Start('kill', "-$Signal $($shell.Id)").WaitForExit()
        Wait-Until { $shell.HasExited } | Should -BeTrue
        Wait-Until { -not (Test-Running $workers[0]) } | Should -BeTrue
    }
}

Describe 'Without the rights for kernel events' -Skip:$noKernel {
    BeforeAll {
        $script:withoutBpf = 'setpriv', '--bounding-set', '-bpf,-perfmon,-sys_admin'
    }

    It 'it polls, and says why' {
        $said = Get-ShellOutput -Before $withoutBpf "Import-Module '$manifest'
            (Watch-PortActivity -ProcessName none -Duration 0 -Verbose 4>&1).ForEach({ `"`$_`" })"
        $said | Should -BeLike (
            'Watching by Polling; kernel events can''t be used: *it needs root, or the ' +
            'capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.*')
    }

    It '-Source Kernel is an error' {
        $said = Get-ShellOutput -Before $withoutBpf "Import-Module '$manifest'
            try { Watch-PortActivity -Source Kernel } catch { `$_.FullyQualifiedErrorId }"
        $said.Trim() | Should -Be 'PR_SOURCE_UNAVAILABLE,Watch-PortActivity'
    }
}
