# Watch-PortActivity on real sockets. Most of them are this process's own: a watch that is under way
# says so with -Verbose, and then the test acts.

BeforeDiscovery {
    $script:noKernel = -not ($IsLinux -and [Environment]::IsPrivilegedProcess)
    $script:noSelect = -not (Get-Command Select-Object -ErrorAction Ignore)
    $script:sources = @(if (-not $noKernel) { 'Kernel' }; 'Polling')
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule

    # Does something once the watch is under way, and gives the changes.
    function Watch-While {
        param([hashtable] $Asking, [scriptblock] $Doing)

        Watch-PortActivity -Duration 30 @Asking -Verbose 4>&1 | ForEach-Object {
            if ($_ -isnot [Management.Automation.VerboseRecord]) { $_ }
            elseif ("$_" -like 'Watching by *') { . $Doing }
        }
    }

    function Open-Listener {
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        # Wine knows a socket's process only once that process set something on it.
        $listener.Server.NoDelay = $true
        $listener
    }

    # Connects to the listener and resets the connection: it then ends at both ends at once.
    function Invoke-BriefConnection {
        param([Net.Sockets.TcpListener] $Listener)

        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $Listener.LocalEndpoint.Port)
        $port = $client.Client.LocalEndPoint.Port
        $accepted = $Listener.AcceptTcpClient()
        $client.Client.Close(0)
        $accepted.Close()
        $port
    }

    function Get-Story {
        param([object[]] $Changes)

        $Changes.ForEach({ "$($_.Change) $($_.PreviousState)>$($_.State)" })
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'A watch by kernel events' -Skip:$noKernel {
    BeforeAll {
        $script:listener = Open-Listener
        $script:begin = [datetime]::Now
        $port = $listener.LocalEndpoint.Port
        $asking = @{ Port = $port; ProcessId = $PID; Source = 'Kernel'; Count = 6 }
        $script:changes = @(Watch-While $asking {
                $script:clientPort = Invoke-BriefConnection $listener
            })
        $script:end = [datetime]::Now
        $listener.Stop()
    }

    It 'tells a connection from its beginning to its end, at the end that connects' {
        $story = Get-Story $changes.Where({ $_.LocalPort -eq $clientPort })
        $story -join ', ' |
            Should -Be 'Appeared >SynSent, Changed SynSent>Established, Disappeared >Established'
    }

    It 'and at the end that accepts' {
        $story = Get-Story $changes.Where({ $_.RemotePort -eq $clientPort })
        $story -join ', ' | Should -Be (
            'Appeared >SynReceived, Changed SynReceived>Established, Disappeared >Established')
    }

    It 'says who, and how it knows' {
        foreach ($change in $changes) {
            $change.OwningProcess, $change.Source | Should -Be $PID, 'Kernel'
            $change.Path | Should -Be ([Environment]::ProcessPath)
            $change.Attribution | Should -BeIn 'Kernel', 'Table', 'Listener', 'Cached'
        }
    }

    It 'hands each change on at once' {
        $asking = @{ Source = 'Kernel'; Listening = $true; ProcessId = $PID; Count = 20 }
        $asking.Change = 'Appeared', 'Changed'
        $open = [Collections.Generic.List[object]]::new()
        $delays = Watch-While $asking { $open.Add((Open-Listener)) } | ForEach-Object {
            ([datetime]::Now - $_.Time).TotalMilliseconds
            $open.Add((Open-Listener))
        }
        foreach ($each in $open) { $each.Stop() }
        $delays | Should -HaveCount 20
        # The quickest one, since other programs may hold this machine up.
        [Linq.Enumerable]::Min([double[]] $delays) | Should -BeLessThan 500
    }

    It 'says when, to the microsecond' {
        foreach ($change in $changes) {
            $change.Time | Should -BeGreaterThan $begin
            $change.Time | Should -BeLessThan $end
        }
        $fractions = $changes.ForEach({ $_.Time.Ticks % [timespan]::TicksPerMillisecond })
        $fractions.Where({ $_ -ne 0 }) | Should -Not -BeNullOrEmpty
    }
}

Describe 'A watch by <_>' -ForEach $sources {
    BeforeAll {
        $script:by = @{ Source = $_; Interval = 0.1 }
    }

    It 'begins by saying so' {
        $said = Watch-PortActivity @by -Duration 0 -Verbose 4>&1
        "$($said[0])" | Should -BeLike "Watching by $_*"
    }

    It 'tells a listener that comes and goes' {
        $asking = $by + @{ Listening = $true; ProcessId = $PID; Count = 2 }
        # It goes when it was told, so what was told does not wait for what is to come.
        $changes = @(Watch-While $asking { $script:listener = Open-Listener } | ForEach-Object {
                $port = $_.LocalPort
                if ($_.Change -ne 'Disappeared') {
                    $port | Should -Be $listener.LocalEndpoint.Port
                    $listener.Stop()
                }
                $_
            })
        # It had its port before it listened: only the kernel's events are quick enough for that.
        (Get-Story $changes)[0] | Should -BeIn 'Appeared >Listen', 'Changed Bound>Listen'
        (Get-Story $changes)[1] | Should -Be 'Disappeared >Listen'
        foreach ($change in $changes) {
            $change.LocalPort, $change.OwningProcess | Should -Be $port, $PID
            $change.Source | Should -Be $by.Source
        }
    }

    It 'tells UDP' {
        $asking = $by + @{ Protocol = 'UDP'; ProcessId = $PID; Count = 2 }
        $changes = @(Watch-While $asking {
                $end = [Net.IPEndPoint]::new([ipaddress]::IPv6Loopback, 0)
                $script:socket = [Net.Sockets.UdpClient]::new($end)
                $socket.EnableBroadcast = $true # as NoDelay above
                $script:port = $socket.Client.LocalEndPoint.Port
            } | ForEach-Object {
                if ($_.Change -eq 'Appeared') { $socket.Close() }
                $_
            })
        Get-Story $changes | Should -Be 'Appeared >Bound', 'Disappeared >Bound'
        $changes[0].LocalAddress, $changes[0].LocalPort | Should -Be '::1', $port
        $changes[0].AddressFamily | Should -Be 'IPv6'
    }

    It 'ends with the processes it was asked about, and tells their ends' {
        $scenes = (Open-Scene listen), (Open-Scene listen)
        $ids = [int[]] $scenes.pid
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $processes = $ids.ForEach({ [pscustomobject] @{ Id = $_ } })
        $changes = $processes | Watch-PortActivity @by -Duration 60 -Verbose 4>&1 | ForEach-Object {
            if ($_ -isnot [Management.Automation.VerboseRecord]) { $_ }
            elseif ("$_" -like 'Watching by *') { $scenes.ForEach({ Close-Scene $_ }) }
        }
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 50
        foreach ($scene in $scenes) {
            $told = $changes.Where({ $_.OwningProcess -eq $scene.pid })
            $told.Change | Should -Contain 'ProcessExited'
            $told.Where({ $_.Change -eq 'Disappeared' }).LocalPort | Should -Be $scene.port
        }
        $changes.OwningProcess.Where({ $_ -notin $ids }) | Should -BeNullOrEmpty
    }

    It 'gives first what is open, if asked for' {
        $listener = Open-Listener
        $own = @{ LocalPort = $listener.LocalEndpoint.Port; ProcessId = $PID }
        $open = @(Watch-PortActivity @by @own -Duration 0 -IncludeExisting)
        $listener.Stop()
        $open | Should -HaveCount 1
        $open[0].Change, $open[0].Source, $open[0].State | Should -Be 'Appeared', 'Table', 'Listen'
        $open[0].OwningProcess | Should -Be $PID
    }
}

Describe 'A watch' {
    It 'ends after -Duration' {
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Watch-PortActivity -ProcessName no-such-program -Duration 0:0:1 | Should -BeNullOrEmpty
        $watch.ElapsedMilliseconds | Should -BeGreaterThan 950
    }

    It 'refuses what it does not understand: -<Name> <Value>' -ForEach @(
        @{ Name = 'Port'; Value = '65536' }
        @{ Name = 'Port'; Value = 'http' }
        @{ Name = 'Change'; Value = 'Opened' }
        @{ Name = 'State'; Value = 'Open' }
        @{ Name = 'LocalAddress'; Value = '1.2.3' }
        @{ Name = 'RemotePort'; Value = '9-8' }
        @{ Name = 'ProcessName'; Value = '[a' }
        @{ Name = 'Protocol'; Value = 'ICMP' }
    ) {
        $filter = @{ $Name = $Value }
        $caught = { Watch-PortActivity @filter -Duration 5 -ErrorAction SilentlyContinue } |
            Should -Throw -ErrorId 'PR_FILTER_INVALID,Watch-PortActivity' -PassThru
        $caught.Exception.Message.StartsWith("'$Value' is not a value that -$Name understands; ") |
            Should -BeTrue -Because $caught.Exception.Message
        $caught.TargetObject | Should -Be $Value
    }

    It 'refuses processes that there are not' {
        $caught = { Watch-PortActivity -ProcessId 4194304 -Duration 5 } |
            Should -Throw -ErrorId 'PR_PROCESS_NOT_FOUND,Watch-PortActivity' -PassThru
        $caught.TargetObject | Should -Be '4194304'
    }

    It 'feeds other commands of the module' {
        $asking = @{ Listening = $true; ProcessId = $PID; Count = 1 }
        $found = Watch-While $asking { $script:listener = Open-Listener } | ForEach-Object {
            Get-PortSnapshot -ProcessId $_.OwningProcess -Listening -Verbose:$false
        }
        $found.LocalPort | Should -Contain $listener.LocalEndpoint.Port
        $listener.Stop()
    }

    It 'ends when Select-Object has enough' -Tag NeedsUtility -Skip:$noSelect {
        $first = Watch-PortActivity -IncludeExisting | Select-Object -First 1
        $first.Change | Should -Be 'Appeared'
    }
}
