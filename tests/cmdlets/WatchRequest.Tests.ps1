# What Watch-PortActivity hands on to the worker, and how the worker's columns become PortChange
# objects, against a watch that is made up (support/fake-watch.mjs).

BeforeDiscovery {
    $script:noUtility = -not (Get-Command Export-Csv -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
    & (Get-Module PortReporter) { $script:workerFile = $args[0] } "$supportFolder/fake-watch.mjs"

    # The params of the request that the worker was sent, as one line of text, names in order.
    function Get-Request {
        param([scriptblock] $Call)

        $said = [Text.Json.JsonDocument]::Parse((& $Call)[0].CommandLine).RootElement
        [string[]] $parts = $said.EnumerateObject().ForEach({
                "$($_.Name): $($_.Value.GetRawText())"
            })
        [Array]::Sort($parts, [StringComparer]::Ordinal)
        $parts -join '; '
    }

    $script:properties = 'Time', 'Change', 'PreviousState', 'PreviousProcess', 'Source', 'Protocol',
        'AddressFamily', 'LocalAddress', 'LocalPort', 'RemoteAddress', 'RemotePort', 'State',
        'OwningProcess', 'SharedWith', 'ProcessName', 'Path', 'CommandLine', 'User', 'Services',
        'ProcessStartTime', 'Namespace', 'Attribution', 'Modules', 'RemoteHostName', 'Missed',
        'Reason'
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'The request of a watch' {
    It 'holds what was asked for: <Wanted>' -ForEach @(
        @{ Call = { Watch-PortActivity }; Wanted = '' }
        @{ Call = { Watch-PortActivity -Port 53, 8000-8100 }; Wanted = '"port":["53","8000-8100"]' }
        @{ Call = { Watch-PortActivity -Change Gap, Chan* }; Wanted = '"change":["Gap","Chan*"]' }
        @{ Call = { Watch-PortActivity -LocalPort 1 }; Wanted = '"localPort":["1"]' }
        @{ Call = { Watch-PortActivity -RemotePort 1 }; Wanted = '"remotePort":["1"]' }
        @{ Call = { Watch-PortActivity -LocalAddress ::1 }; Wanted = '"localAddress":["::1"]' }
        @{ Call = { Watch-PortActivity -RemoteAddress ::/0 }; Wanted = '"remoteAddress":["::/0"]' }
        @{ Call = { Watch-PortActivity -Protocol UDP }; Wanted = '"protocol":["UDP"]' }
        @{ Call = { Watch-PortActivity -State Listen }; Wanted = '"state":["Listen"]' }
        @{ Call = { Watch-PortActivity -AddressFamily IPv6 }; Wanted = '"addressFamily":["IPv6"]' }
        @{ Call = { Watch-PortActivity -ProcessName n*x }; Wanted = '"processName":["n*x"]' }
        @{ Call = { Watch-PortActivity -User root }; Wanted = '"user":["root"]' }
        @{ Call = { Watch-PortActivity -Service ssh }; Wanted = '"service":["ssh"]' }
        @{ Call = { Watch-PortActivity -Namespace web }; Wanted = '"namespace":["web"]' }
        @{ Call = { Watch-PortActivity -Listening }; Wanted = '"listening":true' }
        @{ Call = { Watch-PortActivity -PID 7, 5, 7 }; Wanted = '"processId":["5","7"]' }
    ) {
        Get-Request $Call | Should -Be (
            "filter: {$Wanted}; includeExisting: false; includeOwn: false; source: `"Auto`"")
    }

    It 'holds what else was chosen: <Wanted>' -ForEach @(
        @{ Call = { Watch-PortActivity -IncludeExisting }; Wanted = 'includeExisting: true' }
        @{ Call = { Watch-PortActivity -IncludeOwn }; Wanted = 'includeOwn: true' }
        @{ Call = { Watch-PortActivity -Source polling }; Wanted = 'source: "polling"' }
        @{ Call = { Watch-PortActivity -Count 7 }; Wanted = 'count: 7' }
    ) {
        (Get-Request $Call) -split '; ' | Should -Contain $Wanted
    }

    It 'takes a TimeSpan or seconds: <Given>' -ForEach @(
        @{ Given = 5; Wanted = 5000 }
        @{ Given = 0.25; Wanted = 250 }
        @{ Given = '1.5'; Wanted = 1500 }
        @{ Given = [decimal] 2; Wanted = 2000 }
        @{ Given = '0:1:30'; Wanted = 90000 }
        @{ Given = [timespan]::FromMilliseconds(12); Wanted = 12 }
    ) {
        $request = Get-Request { Watch-PortActivity -Duration $Given -Interval $Given }
        $request -split '; ' | Should -Contain "duration: $Wanted"
        $request -split '; ' | Should -Contain "interval: $Wanted"
    }

    It 'is refused where it is neither: -<Name> <Given>' -ForEach @(
        @{ Name = 'Duration'; Given = 'soon' }
        @{ Name = 'Duration'; Given = '0,5' }
        @{ Name = 'Duration'; Given = -1 }
        @{ Name = 'Duration'; Given = [double]::NaN }
        @{ Name = 'Duration'; Given = [timespan]::MaxValue }
        @{ Name = 'Duration'; Given = 1e300 }
        @{ Name = 'Interval'; Given = 0 }
        @{ Name = 'Interval'; Given = 86401 }
        @{ Name = 'Interval'; Given = (1, 2) }
    ) {
        $given = @{ $Name = $Given }
        $caught = { Watch-PortActivity @given } |
            Should -Throw -ErrorId 'PR_DURATION_INVALID,Watch-PortActivity' -PassThru
        $caught.Exception.Message | Should -Match (
            "^'.*' is not a value that -$Name understands; it accepts a TimeSpan or a number of " +
            'seconds, from \S+ to \d+\.$')
        $caught.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'can''t be made with -<Name> <Value>' -ForEach @(
        @{ Name = 'Count'; Value = 0 }
        @{ Name = 'Source'; Value = 'Guess' }
        @{ Name = 'Duration'; Value = $null }
        @{ Name = 'Port'; Value = @() }
    ) {
        $given = @{ $Name = $Value }
        { Watch-PortActivity @given } |
            Should -Throw -ErrorId 'ParameterArgumentValidationError,Watch-PortActivity'
    }

    It 'is one for all processes of the pipeline' {
        $processes = (@{ Id = 7 }, @{ PID = 5 }, @{ OwningProcess = 6 }, @{ Id = $null }).ForEach({
                [pscustomobject] $_
            })
        Get-Request { $processes | Watch-PortActivity } |
            Should -BeLike 'filter: {"processId":`["5","6","7"`]}; *'
    }

    It 'is none where the pipeline has no process' {
        @() | Watch-PortActivity | Should -BeNullOrEmpty
        [pscustomobject] @{ Id = $null } | Watch-PortActivity | Should -BeNullOrEmpty
        Watch-PortActivity -ProcessId @() | Should -BeNullOrEmpty
    }
}

Describe 'A change' {
    BeforeAll {
        $script:changes = @(Watch-PortActivity)
        $script:existing, $script:changed, $script:moved = $changes[0, 2, 3]
        $script:portless, $script:exited, $script:gap = $changes[6, 7, 8]
    }

    It 'has the properties that were promised, in order' {
        foreach ($change in $changes) { $change.GetType().Name | Should -Be 'PortChange' }
        $changed.GetType().GetProperties().Name | Should -Be $properties
    }

    It 'has joined texts, and no alias Id: it may be long over' {
        $changed.PSObject.Properties.Where({ $_.MemberType -ne 'Property' }).Name |
            Should -Be 'Service', 'Shared', 'Module'
        $changed.Service | Should -Be 'server.service'
        $existing.Shared | Should -Be '12, 13'
        $null -eq $changed.Module | Should -BeTrue
        $moved.LocalAddressKey | Should -Be '1620010DB8000000000000000000000001'
    }

    It 'has a local time with its microseconds' {
        $utc = [datetime]::new(2025, 11, 24, 10, 34, 11, [DateTimeKind]::Utc).AddTicks(6543210)
        $changed.Time.Kind | Should -Be 'Local'
        $changed.Time | Should -Be $utc.ToLocalTime()
    }

    It 'has both ends, both states and both owners' {
        $changed.LocalAddress, $changed.LocalPort | Should -Be '10.0.0.1', 40000
        $changed.RemoteAddress, $changed.RemotePort | Should -Be '192.0.2.1', 443
        $changed.PreviousState, $changed.State | Should -Be 'SynSent', 'Established'
        $moved.PreviousProcess, $moved.OwningProcess | Should -Be 12, 4711
    }

    It 'has null for what is not known' {
        foreach ($name in 'RemoteAddress', 'RemotePort', 'PreviousState', 'PreviousProcess') {
            $null -eq $existing.$name | Should -BeTrue -Because $name
        }
        $portless.LocalAddress | Should -Be '10.0.0.1'
        $null -eq $portless.LocalPort | Should -BeTrue
        $null -eq $portless.OwningProcess | Should -BeTrue
    }

    It 'that is the end of a process has only that' {
        $exited.Change | Should -Be 'ProcessExited'
        $exited.OwningProcess, $exited.ProcessName | Should -Be 4711, 'server'
        foreach ($name in 'Protocol', 'LocalAddress', 'LocalPort', 'State') {
            $null -eq $exited.$name | Should -BeTrue -Because $name
        }
    }

    It 'that is a gap has a number and a reason' {
        $gap.Change, $gap.Missed, $gap.Reason | Should -Be 'Gap', 12345, 'the ring was full'
        $gap.Missed | Should -BeOfType 'long'
        $own = 'Time', 'Change', 'Source', 'Missed', 'Reason'
        foreach ($name in $properties.Where({ $_ -notin $own })) {
            $null -eq $gap.$name | Should -BeTrue -Because $name
        }
    }

    It 'is its own: setting one leaves others alone' {
        $first, $second, $null = Watch-PortActivity -ProcessName restart
        $first.ProcessName = 'mine'
        $second.ProcessName | Should -Be 'first'
    }

    It 'finds its template after the numbers began again' {
        $changes = Watch-PortActivity -ProcessName restart
        $changes.ProcessName | Should -Be 'second', 'first', 'third'
    }
}

Describe 'A watch that is stopped' {
    It 'leaves its worker for the next one' {
        & (Get-Module PortReporter) { $script:endTime = 60000 } # however busy the machine is
        $seen = [Collections.Generic.List[object]]::new()
        $take = { $seen.Add($_); throw 'enough' }
        { Watch-PortActivity -ProcessName flood | ForEach-Object $take } | Should -Throw 'enough'
        $seen | Should -HaveCount 1
        & (Get-Module PortReporter) { $script:idleWorkers.Count } | Should -Be 1
        @(Watch-PortActivity) | Should -HaveCount 10
    }

    It 'is heard at once, also where nothing happens' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        $null = $shell.AddScript("`$module = Import-Module '$manifest' -PassThru
            & `$module { `$script:workerFile = '$supportFolder/fake-watch.mjs' }
            Watch-PortActivity -ProcessName silent").BeginInvoke()
        [Threading.Thread]::Sleep(1500)
        $shell.InvocationStateInfo.Reason | Should -BeNullOrEmpty
        $shell.InvocationStateInfo.State | Should -Be 'Running'
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        # By itself it would go on for ever.
        $watch.ElapsedMilliseconds | Should -BeLessThan 60000
        $shell.Dispose()
    }
}

Describe 'A change kept' -Tag NeedsUtility -Skip:$noUtility {
    It 'as CSV has its lists as text' {
        Watch-PortActivity | Export-Csv "$TestDrive/changes.csv"
        $read = Import-Csv "$TestDrive/changes.csv"
        $read[2].Service, $read[2].PreviousState | Should -Be 'server.service', 'SynSent'
        $read[8].Missed, $read[8].LocalPort | Should -Be '12345', ''
    }

    It 'as JSON and CLIXML has its types' {
        $json = (Watch-PortActivity)[2] | ConvertTo-Json | ConvertFrom-Json
        $json.Change, $json.LocalPort | Should -Be 'Changed', 40000
        (Watch-PortActivity)[2] | Export-Clixml "$TestDrive/change.xml"
        $read = Import-Clixml "$TestDrive/change.xml"
        $read.Time.Kind, $read.LocalPort | Should -Be 'Local', 40000
        $null -eq $read.Missed | Should -BeTrue
    }
}
