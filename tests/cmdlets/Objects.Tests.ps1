# What the objects promise: their properties, what null and empty mean, and that they survive being
# sorted, exported and read again.

BeforeDiscovery {
    $script:noUtility = -not (Get-Command Export-Csv -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule -Fake
    $script:endpoint = (Get-PortSnapshot -ProcessName names)[1]
    $script:listener = (Get-PortSnapshot -ProcessName names)[0]
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'The properties' {
    It 'of <Type> are those that were promised' -ForEach @(
        @{
            Type = 'PortEndpoint'
            Names = 'Protocol', 'AddressFamily', 'LocalAddress', 'LocalPort', 'RemoteAddress',
                'RemotePort', 'State', 'OwningProcess', 'SharedWith', 'ProcessName', 'Path',
                'CommandLine', 'User', 'Services', 'ProcessStartTime', 'Namespace', 'Attribution',
                'Modules', 'RemoteHostName', 'Time'
        }
        @{
            Type = 'PortProcess'
            Names = 'OwningProcess', 'ProcessName', 'Path', 'User', 'Services', 'Endpoints',
                'Statistics', 'Modules'
        }
        @{ Type = 'PortStatistics'; Names = 'TcpMappings', 'UdpMappings', 'States' }
    ) {
        $object = switch ($Type) {
            PortEndpoint { $endpoint }
            PortProcess { (Get-PortSnapshot -GroupByProcess)[0] }
            PortStatistics { Get-PortSnapshot -Statistics }
        }
        $object.GetType().Name | Should -Be $Type
        $object.GetType().GetProperties().Name | Should -Be $Names
    }

    It 'of an endpoint have the joined texts and the alias beside them' {
        $endpoint.PSObject.Properties.Where({ $_.MemberType -ne 'Property' }).Name |
            Should -Be 'Service', 'Shared', 'Module', 'Id'
    }

    It 'of a process block have the alias, too' {
        $block = (Get-PortSnapshot -GroupByProcess)[0]
        $block.Id | Should -Be $block.OwningProcess
    }

    It 'of a <_> have no Id but a hidden one that is null' -ForEach 'RecordedEndpoint',
        'PortChange', 'PRPortRecord', 'PRJoinedRecord', 'PRProcessRecord', 'PRInitialRecord' {
        $object = & (Get-Module PortReporter) { param($Name) ([type] $Name)::new() } $_
        $object.OwningProcess = 7
        $object.PSObject.Properties.Name | Should -Not -Contain 'Id'
        $object.PSObject.Properties['Id'] | Should -Not -BeNullOrEmpty
        $null -eq $object.Id | Should -BeTrue
    }
}

Describe 'What is not known' {
    It 'is null: <_>' -ForEach 'RemoteAddress', 'RemotePort', 'CommandLine', 'Modules', 'Module',
        'RemoteHostName' {
        $bare = $listener
        $bare.CommandLine = [NullString]::Value
        $null -eq $bare.$_ | Should -BeTrue -Because 'an empty text would be an answer'
    }

    It 'is null and not 0, where it is the owner: 0 | Stop-Process would end the shell' {
        $unowned = (Get-PortSnapshot)[0]
        $unowned.OwningProcess = $null
        $null -eq $unowned.OwningProcess | Should -BeTrue
        $null -eq $unowned.Id | Should -BeTrue
    }

    It 'is something else than none' {
        $null -eq $endpoint.Services | Should -BeFalse
        $endpoint.Services.Count | Should -Be 0
        $endpoint.SharedWith.Count | Should -Be 0
        $endpoint.Service | Should -Be ''
    }
}

Describe 'Values' {
    It 'are of their types' {
        $endpoint.LocalPort | Should -BeOfType 'int'
        $endpoint.RemotePort | Should -BeOfType 'int'
        $endpoint.OwningProcess | Should -BeOfType 'int'
        $endpoint.State | Should -BeOfType 'string'
        $type = $endpoint.GetType()
        $type.GetProperty('Services').PropertyType.FullName | Should -Be 'System.String[]'
        $type.GetProperty('SharedWith').PropertyType.FullName | Should -Be 'System.Int32[]'
    }

    It 'that are times are local, with their microseconds' {
        $utc = [datetime]::new(2025, 11, 24, 10, 34, 11, [DateTimeKind]::Utc).AddTicks(6543210)
        $endpoint.Time.Kind | Should -Be 'Local'
        $endpoint.Time | Should -Be $utc.ToLocalTime()
        $endpoint.ProcessStartTime.Kind | Should -Be 'Local'
        ($endpoint.Time - $endpoint.ProcessStartTime).TotalHours | Should -BeGreaterThan 1.9
    }

    It 'of an endpoint are its own: setting one leaves the others of its process alone' {
        $both = Get-PortSnapshot
        $both[0].ProcessName = 'changed'
        $both[1].ProcessName | Should -Be 'fake-worker'
    }

    It 'that are lists have a joined text' {
        $one = (Get-PortSnapshot)[0]
        $one.Services = 'a', 'b'
        $one.SharedWith = 7, 8
        $one.Modules = @('/lib/c')
        $one.Service, $one.Shared, $one.Module | Should -Be 'a, b', '7, 8', '/lib/c'
    }

    It 'of addresses have keys that sort as numbers' {
        $ordered = '9.0.0.1', '10.0.0.1', '10.0.0.20', '::1', 'fe80::1%eth0', 'fe80::1%eth1',
            'fe80::2'
        $keys = foreach ($address in $ordered) {
            $one = (Get-PortSnapshot)[0]
            $one.LocalAddress = $one.RemoteAddress = $address
            $one.RemoteAddressKey | Should -Be $one.LocalAddressKey
            $one.LocalAddressKey
        }
        $sorted = [string[]] $keys.Clone()
        [Array]::Sort($sorted, [StringComparer]::Ordinal)
        $sorted | Should -Be $keys
        $null -eq $listener.RemoteAddressKey | Should -BeTrue
    }
}

Describe 'A round trip' -Tag NeedsUtility -Skip:$noUtility {
    BeforeAll {
        $script:endpoint = (Get-PortSnapshot -ProcessName names)[1]
        $endpoint.Services = 'a.service', 'b.service'
    }

    It 'through CSV keeps lists as text, and nothing as nothing' {
        $csv = "$TestDrive/endpoints.csv"
        $endpoint, $listener | Export-Csv $csv
        $read = Import-Csv $csv
        $read[0].Service | Should -Be 'a.service, b.service'
        $read[0].LocalPort | Should -Be '2'
        $read[1].RemoteAddress | Should -Be ''
        $read[0].Time | Should -Be $endpoint.Time.ToString()
        $read[0].PSObject.Properties.Name | Should -Contain 'CommandLine'
    }

    It 'through JSON keeps types' {
        $read = $endpoint | ConvertTo-Json | ConvertFrom-Json
        $read.State | Should -Be 'Listen'
        $read.LocalPort | Should -Be 2
        $read.Services | Should -Be 'a.service', 'b.service'
        $read.SharedWith | Should -HaveCount 0
        $read.Time.ToLocalTime() | Should -Be $endpoint.Time
        $null -eq $read.Modules | Should -BeTrue
    }

    It 'through CLIXML keeps all of it' {
        $xml = "$TestDrive/endpoints.xml"
        $endpoint | Export-Clixml $xml
        $read = Import-Clixml $xml
        $read.PSObject.TypeNames[0] | Should -Be 'Deserialized.PortEndpoint'
        $read.Time | Should -Be $endpoint.Time
        $read.Time.Kind | Should -Be 'Local'
        $read.OwningProcess | Should -Be $endpoint.OwningProcess
        $read.Services | Should -Be 'a.service', 'b.service'
        foreach ($name in 'Modules', 'RemoteHostName', 'Module') {
            $null -eq $read.$name | Should -BeTrue -Because $name
        }
    }

    It 'to Stop-Process and Get-Process goes by the alias Id' {
        $endpoint | Stop-Process -WhatIf
        ($endpoint | Get-Process -Id { $_.OwningProcess }).Id | Should -Be $endpoint.OwningProcess
    }

    It 'of the past to Stop-Process is refused: it would take the name, and end all of that name' {
        $past = & (Get-Module PortReporter) { [RecordedEndpoint]::new(), [PRPortRecord]::new() }
        foreach ($each in $past) {
            $each.ProcessName = $endpoint.ProcessName
            { $each | Stop-Process -WhatIf -ErrorAction Stop } |
                Should -Throw -ErrorId 'ParameterArgumentValidationErrorNullNotAllowed*'
        }
    }

    It 'to Sort-Object goes by the address keys' {
        $two = Get-PortSnapshot
        $two[0].LocalAddress, $two[1].LocalAddress = '10.0.0.1', '9.0.0.1'
        ($two | Sort-Object LocalAddressKey).LocalAddress | Should -Be '9.0.0.1', '10.0.0.1'
    }
}
