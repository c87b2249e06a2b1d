# What Get-PortSnapshot hands on to the worker. The fake worker shows the request it was sent in the
# CommandLine of its endpoints.

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule -Fake

    # The params of the request that the worker was sent.
    function Get-RequestParameter {
        param([scriptblock] $Call)

        $said = [Text.Json.JsonDocument]::Parse((& $Call)[0].CommandLine)
        $said.RootElement.GetProperty('request').GetProperty('params')
    }

    # The same as one line of text: the filters in order, and the switches that are on.
    function Get-Request {
        param([scriptblock] $Call)

        $parameters = Get-RequestParameter $Call
        $filter = $parameters.GetProperty('filter')
        [string[]] $filters = @(foreach ($each in $filter.EnumerateObject()) {
                "$($each.Name): $($each.Value.GetRawText())"
            })
        [Array]::Sort($filters)
        $on = @('includeModules', 'resolveHostName').Where({
                $parameters.GetProperty($_).GetBoolean() })
        $filters + $on -join '; '
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'A filter' {
    It 'goes to the worker as it was typed: <Typed>' -ForEach @(
        @{ Typed = ''; Wanted = '' }
        @{ Typed = '-Protocol TCP'; Wanted = 'protocol: ["TCP"]' }
        @{ Typed = '-State Listen, Time*'; Wanted = 'state: ["Listen","Time*"]' }
        @{ Typed = '-LocalPort 80, 8000-8100'; Wanted = 'localPort: ["80","8000-8100"]' }
        @{ Typed = '-RemotePort (80..82)'; Wanted = 'remotePort: ["80","81","82"]' }
        @{ Typed = '-LocalAddress 10.0.0.0/8, ::1'; Wanted = 'localAddress: ["10.0.0.0/8","::1"]' }
        @{ Typed = '-RemoteAddress ([ipaddress] "::1")'; Wanted = 'remoteAddress: ["::1"]' }
        @{ Typed = '-ProcessId 12, 7, 12'; Wanted = 'processId: ["7","12"]' }
        @{ Typed = '-Id 7'; Wanted = 'processId: ["7"]' }
        @{ Typed = '-ProcessName ssh*, n?de'; Wanted = 'processName: ["ssh*","n?de"]' }
        @{ Typed = '-User a -Service b'; Wanted = 'service: ["b"]; user: ["a"]' }
        @{ Typed = '-AddressFamily IPv6'; Wanted = 'addressFamily: ["IPv6"]' }
        @{ Typed = '-Namespace default'; Wanted = 'namespace: ["default"]' }
        @{ Typed = '-Listening'; Wanted = 'listening: true' }
        @{ Typed = '-Listening:$false'; Wanted = '' }
        @{ Typed = '-IncludeModules'; Wanted = 'includeModules' }
        @{ Typed = '-ResolveHostName'; Wanted = 'resolveHostName' }
    ) {
        Get-Request ([scriptblock]::Create("Get-PortSnapshot $Typed")) | Should -Be $Wanted
    }

    It 'with letters of every kind arrives as it is' {
        $name = "n`u{e9}`"\`n`u{20ac}`u{1d11e}"
        $parameters = Get-RequestParameter { Get-PortSnapshot -ProcessName $name }
        $sent = $parameters.GetProperty('filter').GetProperty('processName')[0].GetString()
        $sent | Should -BeExactly $name
    }

    It 'that is nothing is an error: <_>' -ForEach 'State', 'LocalPort', 'ProcessName', 'User' {
        $filter = @{ $_ = $null }
        { Get-PortSnapshot @filter } |
            Should -Throw -ErrorId 'ParameterArgumentValidationError,Get-PortSnapshot'
    }

    It 'can''t be given without its name' {
        { Get-PortSnapshot 443 } | Should -Throw -ErrorId 'PositionalParameterNotFound,*'
    }
}

Describe 'Processes from the pipeline' {
    It 'become one request' {
        $processes = @{ Id = 7 }, @{ PID = 5 }, @{ OwningProcess = 6 }, @{ ProcessId = 5 } |
            ForEach-Object { [pscustomobject] $_ }
        Get-Request { $processes | Get-PortSnapshot } | Should -Be 'processId: ["5","6","7"]'
    }

    It 'may be real ones' {
        $process = [Diagnostics.Process]::GetCurrentProcess()
        Get-Request { $process | Get-PortSnapshot } | Should -Be "processId: [`"$PID`"]"
    }

    It 'may be endpoints, those without an owner among them' {
        $endpoints = Get-PortSnapshot
        $endpoints[0].OwningProcess = $null
        $owner = $endpoints[1].OwningProcess
        Get-Request { $endpoints | Get-PortSnapshot } | Should -Be "processId: [`"$owner`"]"
    }

    It 'give nothing where there is none' {
        @() | Get-PortSnapshot | Should -BeNullOrEmpty
        @() | Get-PortSnapshot -Statistics | Should -BeNullOrEmpty
        [pscustomobject]@{ Id = $null } | Get-PortSnapshot | Should -BeNullOrEmpty
        Get-PortSnapshot -ProcessId $null | Should -BeNullOrEmpty
        Get-PortSnapshot -ProcessId @() | Should -BeNullOrEmpty
    }

    It 'give nothing, and an error each, where they are no processes' {
        $said = 'text', [pscustomobject]@{ Name = 'x' } | Get-PortSnapshot 2>&1
        $said | Should -HaveCount 2
        $said[0].FullyQualifiedErrorId | Should -Be 'InputObjectNotBound,Get-PortSnapshot'
    }

    It 'go together with filters' {
        Get-Request { [pscustomobject]@{ Id = 7 } | Get-PortSnapshot -State Listen } |
            Should -Be 'processId: ["7"]; state: ["Listen"]'
    }
}

Describe 'What is asked for' {
    It 'is endpoints' {
        (Get-PortSnapshot)[0].GetType().Name | Should -Be 'PortEndpoint'
    }

    It 'is process blocks with -GroupByProcess' {
        $blocks = Get-PortSnapshot -GroupByProcess
        $blocks | Should -HaveCount 2
        $blocks[0].GetType().Name | Should -Be 'PortProcess'
        $blocks[0].Endpoints | Should -HaveCount 2
        $blocks[0].Endpoints[1].RemoteAddress | Should -Be '192.0.2.1'
        $blocks[1].Endpoints[0].ProcessName | Should -Be 'fake-worker'
        $blocks[0].Statistics.TcpMappings | Should -Be 2
    }

    It 'is counts with -Statistics' {
        $statistics = Get-PortSnapshot -Statistics
        $statistics.GetType().Name | Should -Be 'PortStatistics'
        $statistics.States[0].State | Should -Be 'Listen'
        $statistics.States[0].Percent | Should -Be 66.67
    }

    It 'is one of them only' {
        { Get-PortSnapshot -GroupByProcess -Statistics } |
            Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { Get-PortSnapshot -Statistics -IncludeModules } |
            Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }
}

Describe '-ResolveHostName' {
    It 'gives the objects at once and their names when they are known' {
        $atOnce = [Collections.Generic.List[object]]::new()
        $endpoints = Get-PortSnapshot -ProcessName names -ResolveHostName |
            ForEach-Object { $atOnce.Add($_.RemoteHostName); $_ }
        $atOnce | Should -HaveCount 4
        $atOnce -ne $null | Should -BeNullOrEmpty
        $endpoints[1].RemoteHostName | Should -Be 'host.example'
        $endpoints[3].RemoteHostName | Should -Be 'host.example'
        $endpoints[0].RemoteHostName | Should -Be $null
    }
}
