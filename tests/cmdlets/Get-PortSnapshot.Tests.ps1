# Get-PortSnapshot against real sockets, which support/sockets.mjs opens in processes of its own.

BeforeDiscovery {
    $script:notLinux = -not $IsLinux
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'A TCP listener' {
    BeforeAll {
        $script:scene = Open-Scene listen
        $script:row = Get-Endpoint $scene $scene.port
    }

    AfterAll {
        Close-Scene $scene
    }

    It 'is one row' {
        $row | Should -HaveCount 1
        $row.Protocol, $row.AddressFamily, $row.State | Should -Be 'TCP', 'IPv4', 'Listen'
        $row.LocalAddress | Should -Be '127.0.0.1'
        $row.LocalPort | Should -Be $scene.port
    }

    It 'has no remote end' {
        $null -eq $row.RemoteAddress | Should -BeTrue
        $null -eq $row.RemotePort | Should -BeTrue
    }

    It 'has its owner, with all that is known of it' {
        $process = $scene.Process
        $row.OwningProcess | Should -Be $process.Id
        $row.Id | Should -Be $process.Id
        $row.Attribution | Should -Be 'Table'
        $row.ProcessName | Should -BeLike 'node*'
        $row.Path | Should -Be $process.MainModule.FileName
        $row.User | Should -BeLike "*$([Environment]::UserName)"
        ($row.ProcessStartTime - $process.StartTime).Duration() | Should -BeLessThan '0:0:2'
        ([datetime]::Now - $row.Time).Duration() | Should -BeLessThan '0:1'
    }

    It 'has the command line of its owner' -Tag NotUnderWine {
        $row.CommandLine | Should -BeLike '*sockets.mjs listen*'
    }

    It 'is not shared, and that is known' {
        $null -eq $row.SharedWith | Should -BeFalse
        $row.SharedWith.Count | Should -Be 0
    }

    It 'has no modules, unless they are asked for' {
        $null -eq $row.Modules | Should -BeTrue
        $asked = Get-Endpoint $scene $scene.port @{ IncludeModules = $true }
        $asked.Modules | Should -Contain $row.Path
    }

    It 'is found by <_>' -ForEach @(
        'LocalAddress = "127.0.0.1/32"', 'LocalAddress = "127.0.0.?"', 'State = "listen"',
        'Protocol = "tcp"', 'LocalAddress = "127.0.0.0/8"; ProcessId = $scene.pid',
        'ProcessId = $scene.pid', 'ProcessName = "nod*"', 'User = "*"', 'Listening = $true',
        'AddressFamily = "IPv4"', 'LocalPort = "$($scene.port - 1)-$($scene.port + 1)"',
        'ProcessId = 1, $scene.pid', 'State = "Established", "Listen"'
    ) {
        $found = Get-Endpoint $scene $scene.port (& ([scriptblock]::Create("@{ $_ }")))
        $found.Where({ $_.LocalPort -eq $scene.port }) | Should -HaveCount 1
    }

    It 'is not found by <_>' -ForEach @(
        'LocalAddress = "10.0.0.0/8"', 'State = "Established"', 'Protocol = "UDP"', 'ProcessId = 1',
        'ProcessName = "nod"', 'User = "nobody-like-that"', 'Service = "no-such*"',
        'AddressFamily = "IPv6"', 'RemotePort = 80', 'RemoteAddress = "*"'
    ) {
        $filter = & ([scriptblock]::Create("@{ $_ }"))
        Get-Endpoint $scene $scene.port $filter | Should -BeNullOrEmpty
    }

    It 'goes away with its process' {
        $other = Open-Scene listen
        Get-Endpoint $other $other.port | Should -HaveCount 1
        Close-Scene $other
        Wait-Until {
            -not (Get-PortSnapshot -Listening -LocalAddress 127.0.0.1 -LocalPort $other.port)
        } | Should -BeTrue
    }
}

Describe 'A filter that can''t be understood' {
    It 'is an error that says what is accepted: <_>' -ForEach @(
        'State = "Open"', 'Protocol = "ICMP"', 'LocalPort = "http"', 'LocalPort = 70000',
        'RemotePort = "9-1"', 'LocalAddress = "10.0.0.0/33"', 'RemoteAddress = "fe80::/200"',
        'AddressFamily = "IPX"'
    ) {
        $filter = & ([scriptblock]::Create("@{ $_ }"))
        $caught = { Get-PortSnapshot @filter } |
            Should -Throw '*accepts*' -ErrorId 'PR_FILTER_INVALID,Get-PortSnapshot' -PassThru
        $caught.Exception.Message | Should -BeLike "*$(@($filter.Values)[0])*"
    }
}

Describe 'A TCP connection' {
    It 'shows both its ends' -Tag NotUnderWine {
        $scene = Open-Scene established
        $client = Get-Endpoint $scene $scene.clientPort
        $accepted = Get-Endpoint $scene $scene.port @{ State = 'Established' }
        $client.State, $accepted.State | Should -Be 'Established', 'Established'
        $client.OwningProcess, $accepted.OwningProcess | Should -Be $scene.pid, $scene.pid
        $accepted.RemotePort | Should -Be $scene.clientPort
        $client.RemoteAddress | Should -Be '127.0.0.1'
        Close-Scene $scene
    }

    It 'shows the state of either end when one has finished: FIN_WAIT2 and CLOSE_WAIT' -Tag @(
        'NotUnderWine') {
        $scene = Open-Scene half-closed
        # FIN_WAIT1 lasts until the kernel has acknowledged the end, which it may put off.
        Wait-Until { (Get-Endpoint $scene $scene.clientPort).State -eq 'FinWait2' } |
            Should -BeTrue
        (Get-Endpoint $scene $scene.port @{ RemotePort = $scene.clientPort }).State |
            Should -Be 'CloseWait'
        Close-Scene $scene
    }

    It 'is TIME_WAIT when both have, has no owner then, and causes no warning' {
        $scene = Open-Scene closed
        # The kernel may put off acknowledging the last end, too.
        $waiting = @{ LocalPort = $scene.clientPort; RemotePort = $scene.port; State = 'TimeWait' }
        $null = Wait-Until { Get-PortSnapshot @waiting }
        $row = Get-PortSnapshot @waiting -WarningVariable warnings
        $row.State | Should -Be 'TimeWait'
        $null -eq $row.OwningProcess | Should -BeTrue
        $row.Attribution | Should -Be 'None'
        $warnings | Should -BeNullOrEmpty
        Close-Scene $scene
    }
}

Describe 'UDP' {
    BeforeAll {
        $script:scene = Open-Scene udp
    }

    AfterAll {
        Close-Scene $scene
    }

    It 'is Bound, without a remote end' {
        $row = Get-Endpoint $scene $scene.bound @{ Protocol = 'UDP' }
        $row.State, $row.Protocol | Should -Be 'Bound', 'UDP'
        $null -eq $row.RemotePort | Should -BeTrue
        $row.OwningProcess | Should -Be $scene.pid
    }

    It 'has the remote end that it is connected to' -Skip:$notLinux {
        $row = Get-Endpoint $scene $scene.connected @{ Protocol = 'UDP' }
        $row.RemoteAddress | Should -Be '127.0.0.1'
        $row.RemotePort | Should -Be $scene.bound
    }
}

Describe 'IPv6' {
    It 'shows a listener, and one for both families as one row' -Tag NotUnderWine {
        $scene = Open-Scene both-families
        $six = Get-Endpoint $scene $scene.six
        $six.AddressFamily, $six.LocalAddress, $six.State | Should -Be 'IPv6', '::1', 'Listen'
        $dual = Get-Endpoint $scene $scene.dual
        $dual | Should -HaveCount 1
        $dual.LocalAddress | Should -Be '::'
        Get-Endpoint $scene $scene.six @{ LocalAddress = '::1' } | Should -HaveCount 1
        Close-Scene $scene
    }

    It 'shows both ends of a connection' -Tag NotUnderWine {
        $scene = Open-Scene established, ::1
        $row = Get-Endpoint $scene $scene.clientPort @{ AddressFamily = 'IPv6' }
        $row.RemoteAddress | Should -Be '::1'
        Close-Scene $scene
    }
}

Describe 'Process blocks and counts' {
    BeforeAll {
        $script:scene = Open-Scene established
    }

    AfterAll {
        Close-Scene $scene
    }

    It 'a block has all of its process' -Tag NotUnderWine {
        $block = Get-PortSnapshot -GroupByProcess -ProcessId $scene.pid -IncludeModules
        $block | Should -HaveCount 1
        $block.OwningProcess | Should -Be $scene.pid
        $block.Endpoints | Should -HaveCount 3
        $block.Endpoints.State | Should -Contain 'Listen'
        $block.Statistics.TcpMappings | Should -Be 3
        $block.Statistics.States.Where({ $_.State -eq 'Established' })[0].Count | Should -Be 2
        $block.Modules | Should -Contain $block.Path
    }

    It 'counts are those of the endpoints' -Tag NotUnderWine {
        $counts = Get-PortSnapshot -Statistics -ProcessId $scene.pid
        $counts.TcpMappings, $counts.UdpMappings | Should -Be 3, 0
        $counts.States.Where({ $_.State -eq 'Listen' }).Percent | Should -BeGreaterThan 33
        [Linq.Enumerable]::Sum([double[]] $counts.States.Percent) | Should -BeGreaterThan 99.9
    }

    It 'of a process from the pipeline are one request' {
        $processes = $scene.Process, [Diagnostics.Process]::GetCurrentProcess()
        $blocks = $processes | Get-PortSnapshot -GroupByProcess
        $blocks.OwningProcess | Should -Contain $scene.pid
    }
}

Describe '-ResolveHostName' {
    It 'never holds the objects back, and fills in the name this machine has for itself' -Tag @(
        'NotUnderWine') {
        $scene = Open-Scene established
        $row = Get-Endpoint $scene $scene.clientPort @{ ResolveHostName = $true }
        $row | Should -HaveCount 1
        # One address may have several names, and who asks gets one or another of them.
        $row.RemoteHostName | Should -Not -BeNullOrEmpty
        Close-Scene $scene
    }
}

Describe 'A process that ends while it is looked at' {
    It 'is no error and no warning' -Tag NotUnderWine {
        $script:warnings = @()
        $scene = Open-Scene flicker
        $script:times = 0
        $seen = Wait-Until -Milliseconds 60000 {
            $rows = Get-PortSnapshot -State Listen -WarningVariable +script:warnings
            $brief = $rows.Where({ $_.CommandLine -like '*sockets.mjs brief*' })
            if (++$script:times -ge 20) { $brief }
        }
        Close-Scene $scene
        # A user is told of what belongs to others, and rightly so.
        $warnings.Where({ $_ -notlike '*your rights do not let you see*' }) | Should -BeNullOrEmpty
        $seen | Should -Not -BeNullOrEmpty
    }
}
