# Get-PortSnapshot on Windows, against sockets of this very shell. What both systems can show is in
# tests/cmdlets; here is what only Windows has.
#
# Wine finds the process behind a socket once that process itself asked it for data, and never
# behind an accepted connection or TCP over IPv6. The tests ask for data, which changes nothing on
# Windows, and say where Wine differs.

BeforeDiscovery {
    # Only Wine's ntdll has this export.
    $library = [Runtime.InteropServices.NativeLibrary]
    $address = [IntPtr]::Zero
    $underWine = $IsWindows -and
        $library::TryGetExport($library::Load('ntdll.dll'), 'wine_get_version', [ref] $address)
}

Describe 'Get-PortSnapshot on Windows' -Skip:(-not $IsWindows) {
    BeforeAll {
        . $PSScriptRoot/../cmdlets/support/Support.ps1
        $null = Import-TestedModule

        # It has none to give, and fails at once.
        function Request-Data([Net.Sockets.Socket] $Socket) {
            $Socket.Blocking = $false
            try { $null = $Socket.Receive([byte[]]::new(1)) } catch { $null = $_ }
        }

        function Open-Listener([Net.IPAddress] $Address) {
            $listener = [Net.Sockets.TcpListener]::new($Address, 0)
            $listener.Start()
            Request-Data $listener.Server
            $listener
        }

        $listener = Open-Listener ([Net.IPAddress]::Loopback)
        $listener6 = Open-Listener ([Net.IPAddress]::IPv6Loopback)
        $udp = [Net.Sockets.UdpClient]::new([Net.IPEndPoint]::new([Net.IPAddress]::Loopback, 0))
        Request-Data $udp.Client
        $client = [Net.Sockets.TcpClient]::new([Net.Sockets.AddressFamily]::InterNetwork)
        $client.Connect($listener.LocalEndpoint)
        Request-Data $client.Client
        $accepted = Wait-Until { $listener.AcceptSocket() }

        $port = $listener.LocalEndpoint.Port
        $clientPort = $client.Client.LocalEndPoint.Port
        $me = [Diagnostics.Process]::GetCurrentProcess()
        $user = [Security.Principal.WindowsIdentity]::GetCurrent().Name
    }

    AfterAll {
        foreach ($socket in $client, $accepted, $udp, $listener.Server, $listener6.Server) {
            if ($socket) { $socket.Dispose() }
        }
        Remove-Module PortReporter
    }

    It 'is imported through its manifest' {
        (Get-Module PortReporter).Version | Should -Be '0.1.0'
        (Get-Command Get-PortSnapshot).Module.Name | Should -Be 'PortReporter'
    }

    It 'says which tables it read' {
        $said = @(Get-PortSnapshot -LocalPort $port -Verbose 4>&1).ForEach({ "$_" })
        $said | Should -Contain 'Read by OwnerModule.'
    }

    It 'returns a listener with its process' {
        $found = Get-PortSnapshot -LocalPort $port -State Listen -IncludeModules
        $found | Should -HaveCount 1
        $found.Protocol | Should -Be 'TCP'
        $found.AddressFamily | Should -Be 'IPv4'
        $found.LocalAddress | Should -Be '127.0.0.1'
        $found.RemoteAddress | Should -BeNullOrEmpty
        $found.RemotePort | Should -BeNullOrEmpty
        $found.OwningProcess | Should -Be $PID
        $found.Id | Should -Be $PID
        $found.SharedWith | Should -HaveCount 0
        $found.ProcessName | Should -Be $me.ProcessName
        $found.Path | Should -Be ([Environment]::ProcessPath)
        $found.User | Should -Be $user
        $found.Services | Should -HaveCount 0
        $found.Namespace | Should -BeNullOrEmpty
        $found.Attribution | Should -Be 'Table'
        ($found.ProcessStartTime - $me.StartTime).Duration() | Should -BeLessThan '0:0:0.02'
        $found.Modules[0] | Should -Be ([Environment]::ProcessPath)
        @($found.Modules -like '*\coreclr.dll') | Should -HaveCount 1
    }

    It 'returns a UDP socket with its process' {
        $found = Get-PortSnapshot -Protocol UDP -LocalPort $udp.Client.LocalEndPoint.Port
        $found | Should -HaveCount 1
        $found.State | Should -Be 'Bound'
        $found.OwningProcess | Should -Be $PID
        $found.Path | Should -Be ([Environment]::ProcessPath)
        $found.RemoteAddress | Should -BeNullOrEmpty
    }

    It 'returns both ends of a connection' {
        $near = Get-PortSnapshot -LocalPort $clientPort -RemotePort $port
        $far = Get-PortSnapshot -LocalPort $port -RemotePort $clientPort
        $near, $far | Should -HaveCount 2
        foreach ($end in $near, $far) {
            $end.State | Should -Be 'Established'
            $end.RemoteAddress | Should -Be '127.0.0.1'
        }
        $near.OwningProcess | Should -Be $PID
    }

    It 'knows the process of an accepted connection' -Skip:$underWine {
        (Get-PortSnapshot -LocalPort $port -RemotePort $clientPort).OwningProcess | Should -Be $PID
    }

    It 'returns a listener over IPv6' {
        $found = Get-PortSnapshot -LocalPort $listener6.LocalEndpoint.Port
        $found.AddressFamily | Should -Be 'IPv6'
        $found.LocalAddress | Should -Be '::1'
    }

    It 'knows the process of a listener over IPv6' -Skip:$underWine {
        (Get-PortSnapshot -LocalPort $listener6.LocalEndpoint.Port).OwningProcess | Should -Be $PID
    }

    It 'knows its command line' -Skip:$underWine {
        $found = Get-PortSnapshot -LocalPort $port -Listening
        $found.CommandLine | Should -Be ([Environment]::CommandLine)
    }

    It 'filters by the facts of the process: <_>' -ForEach 'ProcessId', 'ProcessName', 'User' {
        $filter = @{ ProcessId = $PID; ProcessName = $me.ProcessName; User = $user }
        $filter = @{ $_ = $filter[$_] }
        $ports = (Get-PortSnapshot @filter).LocalPort
        $ports | Should -Contain $port
        $ports | Should -Contain $udp.Client.LocalEndPoint.Port
    }

    It 'groups by process' {
        $block = Get-PortSnapshot -GroupByProcess -ProcessId $PID -IncludeModules
        $block | Should -HaveCount 1
        $block.OwningProcess | Should -Be $PID
        $block.Path | Should -Be ([Environment]::ProcessPath)
        $block.Endpoints.LocalPort | Should -Contain $port
        @($block.Modules -like '*\coreclr.dll') | Should -HaveCount 1
    }

    It 'has no Id for <_>, which Stop-Process must not get' -ForEach 0, 4 {
        $endpoint = & (Get-Module PortReporter) { [PortEndpoint] @{ OwningProcess = $args[0] } } $_
        $endpoint.OwningProcess | Should -Be $_
        $null -eq $endpoint.Id | Should -BeTrue
    }

    It 'has no owner for TIME_WAIT, and no warning about that' {
        $server = Open-Listener ([Net.IPAddress]::Loopback)
        $short = [Net.Sockets.TcpClient]::new([Net.Sockets.AddressFamily]::InterNetwork)
        $short.Connect($server.LocalEndpoint)
        $shortPort = $short.Client.LocalEndPoint.Port
        $other = Wait-Until { $server.AcceptSocket() }
        $short.Close()
        $other.Close()
        $server.Stop()
        $null = Wait-Until { Get-PortSnapshot -LocalPort $shortPort -State TimeWait }
        $found = Get-PortSnapshot -LocalPort $shortPort -WarningVariable warnings
        $found.OwningProcess | Should -BeNullOrEmpty
        $found.Id | Should -BeNullOrEmpty
        $found.Attribution | Should -Be 'None'
        $warnings | Should -BeNullOrEmpty
    }
}
