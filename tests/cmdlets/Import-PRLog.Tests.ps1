# Logs become objects: all three kinds, ours and genuine ones, whatever they are packed in.

BeforeDiscovery {
    $script:noUtility = -not (Get-Command Export-Csv -ErrorAction Ignore)
}

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

    # The errors of a command that are not terminating.
    function Get-ReadingError {
        param([scriptblock] $Command)

        @(& $Command 2>&1).Where({ $_ -is [Management.Automation.ErrorRecord] })
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'A genuine log' {
    BeforeAll {
        $script:folder = New-LogFolder genuine
        $script:records = @(Import-PRLog $folder -TimeZone Europe/Berlin)
    }

    It 'has its records as objects' {
        $ports = $records.Where({ $_.GetType().Name -eq 'PRPortRecord' })
        $ports | Should -HaveCount 3
        $ports.LocalPort | Should -Be 3389, 3389, 1088
        $ports.User | Should -Be 'NT AUTHORITY\SYSTEM', 'NT AUTHORITY\SYSTEM', 'TEST\Administrator'
        $ports[1].RemoteAddress, $ports[1].RemotePort | Should -Be '172.16.16.100', 1486
        $null -eq $ports[0].RemotePort | Should -BeTrue
        $ports[0].State, $ports[2].State | Should -Be 'Listen', 'Bound'
        $null -eq $ports[1].State | Should -BeTrue
        $ports[0].LineNumber | Should -Be 8
    }

    It 'has the time of the zone that is asked for' {
        $time = $records.Where({ $_.LocalPort -eq 1088 })[0].Time
        $time.Kind | Should -Be 'Local'
        $time.ToUniversalTime() | Should -Be ([datetime]::new(2005, 7, 6, 11, 52, 4, [DateTimeKind]::Utc))
    }

    It 'has processes with their endpoints, services and modules' {
        $lsass = $records.Where({ $_.OwningProcess -eq 484 })[0]
        $lsass.GetType().Name | Should -Be 'PRInitialRecord'
        $lsass.ComputerName, $lsass.OperatingSystem | Should -Be 'TEST', 'Windows XP'
        $lsass.Services | Should -Be 'Netlogon'
        $lsass.Endpoints.LocalPort | Should -Be 1064, 500
        $lsass.Modules | Should -HaveCount 2
        $lsass.Endpoints[0].PSObject.Properties.Name | Should -Not -Contain 'Id'
    }

    It 'is said to be in no known zone, once' {
        $said = @(Import-PRLog $folder 3>&1).Where({ $_ -is [Management.Automation.WarningRecord] })
        $said | Should -HaveCount 1
        "$said" | Should -BeLike 'A log does not say its time zone; its times are taken as *'
    }

    It 'may end behind the remote address, as on Windows 2000' {
        $records = Import-PRLog (New-LogFolder windows2000) -TimeZone UTC
        $records.LocalPort | Should -Be 80, 53
        $records.Where({ $null -ne $_.OwningProcess -or $null -ne $_.User }) | Should -HaveCount 0
    }

    It 'may be of another code page' {
        $record = Import-PRLog (New-LogFolder windows1252) -TimeZone UTC
        $record.ProcessName, $record.User | Should -Be 'café.exe', '€'
    }
}

Describe 'A log of ours' {
    BeforeAll {
        $script:folder = New-LogFolder ours
    }

    It 'has every column' {
        $record = @(Import-PRLog $folder -LocalPort 3389 -Kind PR-PORTS)[0]
        $record.Time.ToUniversalTime().ToString('o') | Should -Be '2026-07-06T11:52:01.0042170Z'
        $record.State, $record.Change, $record.Attribution | Should -Be 'Listen', 'Appeared', 'Kernel'
        $record.Path, $record.Namespace | Should -Be '/usr/sbin/xrdp', 'default'
        $record.Services | Should -Be 'xrdp.service'
        $record.ProcessStartTime.ToUniversalTime().ToString('o') |
            Should -Be '2026-07-06T05:00:01.2100000Z'
        $record.File | Should -Be ([IO.Path]::Combine($folder, 'PR-PORTS-26-07-6-13-44-4.log'))
    }

    It 'gives hostile names back as they were' {
        $record = @(Import-PRLog $folder -LocalPort 443 -Kind PR-PORTS)[0]
        $record.ProcessName | Should -Be "ev`e[31mil`r`n$([char] 0x2028),`""
        $record.User | Should -Be '=cmd|a'
    }

    It 'tells a gap whatever the filter asks for' {
        $gap = Import-PRLog $folder -LocalPort 1 -Kind PR-PORTS
        $gap.Change, $gap.Missed, $gap.Reason | Should -Be 'Gap', 12, 'the ring was full'
        @(Import-PRLog $folder -Change Gap -Kind ports) | Should -HaveCount 1
    }

    It 'tells status lines where they are asked for' {
        (Import-PRLog $folder -Kind PR-PORTS -IncludeStatus).Change |
            Should -Be 'Begin', 'Appeared', 'Appeared', 'Gap', 'Disappeared', 'Heartbeat'
    }

    It 'is found by any kind' {
        @(Import-PRLog $folder) | Should -HaveCount 6
        @(Import-PRLog $folder -Kind PR-PIDS) | Should -HaveCount 2
        @(Import-PRLog -LogDirectory $folder -Kind PR-INITIAL, PR-STATUS) | Should -HaveCount 0
    }

    It 'can be cut to a time' {
        $from = [datetime]::new(2026, 7, 6, 11, 52, 2, [DateTimeKind]::Utc)
        $offset = [DateTimeOffset]::new($from.ToUniversalTime()).ToOffset([timespan]::FromHours(5))
        @(Import-PRLog $folder -Kind PR-PORTS -After $offset -Before $from.AddSeconds(1)).Count |
            Should -Be @(Import-PRLog $folder -Kind PR-PORTS -After $from -Before $from.AddSeconds(1)).Count
        (Import-PRLog $folder -Kind PR-PORTS -After $from -Before $from.AddSeconds(1)).Change |
            Should -Be 'Appeared', 'Gap'
    }

    It 'joins each record to its entry of PR-PIDS' {
        $records = Import-PRLog $folder -WithProcess
        $records | Should -HaveCount 4
        $records[0].GetType().Name | Should -Be 'PRJoinedRecord'
        $records[0].ProcessRecord.Endpoints.LocalPort | Should -Be 3389
        $records[0].ProcessRecord.Modules | Should -Be '/usr/sbin/xrdp', '/usr/lib/libssl.so.3'
        $null -eq $records[1].ProcessRecord | Should -BeTrue
        $records[3].ProcessRecord.Endpoints.LocalPort | Should -Be 8080
    }

    It 'joins a single record, too' {
        $to = [datetime]::new(2026, 7, 6, 11, 52, 2, [DateTimeKind]::Utc)
        $record = Import-PRLog $folder -WithProcess -Before $to
        $record | Should -HaveCount 1
        $record.ProcessRecord.Endpoints.LocalPort | Should -Be 3389
    }

    It 'says where there is no PR-PIDS to join' {
        $records = Import-PRLog (New-LogFolder legacy) -WithProcess -WarningVariable said 3>$null
        $records | Should -HaveCount 1
        "$said" | Should -BeLike 'There is no PR-PIDS beside *'
    }

    It 'may be packed, or of another encoding: <_>' -ForEach gzip, utf16 {
        (Import-PRLog (New-LogFolder $_)).LocalPort | Should -Be 3389
    }
}

Describe 'A line that can not be understood' {
    BeforeAll {
        $script:folder = New-LogFolder bad
        $script:errors = Get-ReadingError { Import-PRLog $folder }
    }

    It 'is an error that ends nothing' {
        $errors.FullyQualifiedErrorId | Should -Be (@('PR_LINE_INVALID,Import-PRLog') * 3)
        @(Import-PRLog $folder 2>$null).LocalPort | Should -Be 3389, 3389
    }

    It 'is told with its place, what was expected and what came' {
        $errors.TargetObject.LineNumber | Should -Be 12, 13, 15
        $errors[0].TargetObject.Came | Should -Be "what is this`e[31m"
        $errors[1].TargetObject.Expected | Should -Be 'local port: a number from 0 to 65535'
        $errors[2].TargetObject.Expected | Should -Be 'a whole line'
        $file = [IO.Path]::Combine($folder, 'PR-PORTS-26-07-7-0-0-0.log')
        "$($errors[0])" | Should -Be ("${file}, line 12: expected a " +
            "record or a status line, but got 'what is this?[31m'.")
    }

    It 'is counted at the end' {
        $said = @(Import-PRLog $folder -Verbose 2>$null 4>&1) -like 'Read *'
        "$said" | Should -Be ('Read 2 records of 1 file; ' +
            '3 lines could not be understood; 0 files were not asked for.')
    }
}

Describe 'The files to read' {
    It 'come from the pipeline, as text or as files' {
        $folder = New-LogFolder ours, genuine
        $files = [IO.DirectoryInfo]::new($folder).GetFiles('PR-PORTS*')
        @($files | Import-PRLog -TimeZone UTC) | Should -HaveCount 7
        @($files.FullName | Import-PRLog -TimeZone UTC) | Should -HaveCount 7
    }

    It 'are none where the pipeline is empty' {
        @(@() | Import-PRLog) | Should -HaveCount 0
    }

    It 'may have brackets in their names' {
        $folder = New-LogFolder brackets
        [IO.FileInfo]::new("$folder/a [x] log.log") | Import-PRLog | Should -HaveCount 1
        Import-PRLog -LiteralPath "$folder/a [x] log.log" | Should -HaveCount 1
    }

    It 'are only those that are asked for, whatever lies where one stands' {
        $asked = [IO.DirectoryInfo]::new((New-LogFolder ours)).GetFiles('PR-PORTS*')[0].FullName
        $folder = [IO.Path]::GetDirectoryName($asked)
        $other = { [IO.Path]::GetDirectoryName($_.File) -ne $folder }
        $paths = $ExecutionContext.SessionState.Path
        $paths.PushCurrentLocation('import')
        $null = $paths.SetLocation((New-LogFolder ours))
        try {
            @(Import-PRLog $asked).Where($other) | Should -HaveCount 0
            @(Import-PRLog -LiteralPath $asked).Where($other) | Should -HaveCount 0
            @($asked | Import-PRLog).Where($other) | Should -HaveCount 0
            @(Import-PRLog -LogDirectory $folder).Where($other) | Should -HaveCount 0
        }
        finally {
            $null = $paths.PopLocation('import')
        }
    }

    It 'may be given by wildcards' {
        @(Import-PRLog "$(New-LogFolder ours)/PR-P*.log") | Should -HaveCount 6
    }

    It 'that do not exist are an error that ends nothing' {
        $folder = New-LogFolder ours
        $errors = Get-ReadingError { Import-PRLog "$folder/none*", "$folder/x.log", $folder }
        $errors.FullyQualifiedErrorId |
            Should -Be 'PR_LOG_NOT_FOUND,Import-PRLog', 'PR_LOG_NOT_FOUND,Import-PRLog'
        $missing = [IO.Path]::GetFullPath("$folder/x.log")
        "$($errors[1])" | Should -Be "There is no log or log directory '$missing'."
    }

    It 'that do not exist are one error each in -ErrorVariable and $Error, too' {
        $global:Error.Clear()
        Import-PRLog "$TestDrive/none.log", "$TestDrive/no[n]e" -ErrorVariable errors 2>$null
        $errors.FullyQualifiedErrorId |
            Should -Be 'PR_LOG_NOT_FOUND,Import-PRLog', 'PR_LOG_NOT_FOUND,Import-PRLog'
        $global:Error.Count | Should -Be 2
    }

    It 'that are no logs are an error that ends nothing' {
        $folder = New-LogFolder ours, other, status
        $files = [IO.DirectoryInfo]::new($folder).GetFiles()
        $records = $files | Import-PRLog -Kind PR-PORTS -ErrorVariable errors 2>$null
        $records | Should -HaveCount 4
        $errors.FullyQualifiedErrorId | Should -Be 'PR_LOG_UNKNOWN,Import-PRLog'
    }

    It 'of another time are not opened' {
        $folder = New-LogFolder ours, tomorrow
        $before = [datetime]::new(2026, 7, 7)
        Get-ReadingError { Import-PRLog $folder -Before $before } | Should -HaveCount 0
        Get-ReadingError { Import-PRLog $folder } | Should -HaveCount 1
    }

    It 'are asked for by a span that something can lie in' {
        $span = @{ After = [datetime]::new(2026, 7, 7); Before = [datetime]::new(2026, 7, 6) }
        { Import-PRLog (New-LogFolder ours) @span } | Should -Throw -ErrorId 'PR_FILTER_INVALID*' `
            -ExpectedMessage '*-After*a time that is not later than -Before*'
    }

    It 'are asked for by kinds and zones that there are' {
        { Import-PRLog $TestDrive -Kind X } | Should -Throw "'X' is not*" -ErrorId 'PR_FILTER_INVALID*'
        { Import-PRLog $TestDrive -TimeZone Mars } | Should -Throw -ErrorId 'PR_TIME_ZONE_UNKNOWN*'
        { Import-PRLog $TestDrive -LocalPort 99999 } | Should -Throw -ErrorId 'PR_FILTER_INVALID*'
    }
}

Describe 'Reading that is stopped' {
    It 'leaves its worker for the next one' {
        $folder = New-LogFolder many
        $seen = [Collections.Generic.List[object]]::new()
        $take = { $seen.Add($_); throw 'enough' }
        { Import-PRLog $folder | ForEach-Object $take } | Should -Throw 'enough'
        $seen | Should -HaveCount 1
        & (Get-Module PortReporter) { $script:idleWorkers.Count } | Should -Be 1
        @(Import-PRLog $folder) | Should -HaveCount 20000
    }
}

Describe 'A log that is followed' {
    It 'goes on through new files' {
        $folder = [IO.Path]::Combine($TestDrive, 'live')
        $writer = Open-Program node "$PSScriptRoot/support/logs.mjs", $folder, 'live'
        try {
            $null = $writer.StandardOutput.ReadLine()
            $seen = [Collections.Generic.List[object]]::new()
            # What is written next, when a record has come; `half` is no record until `rest` came.
            $next = [Collections.Generic.Queue[string]]::new([string[]] @(
                    '2', 'roll', '3', 'half', 'rest', 'roll', '4'))
            $writer.StandardInput.WriteLine('1')
            {
                Import-PRLog $folder -Follow -Kind PR-PORTS | ForEach-Object {
                    $seen.Add($_)
                    if ($seen.Count -eq 5) { throw 'enough' }
                    do {
                        $line = $next.Dequeue()
                        $writer.StandardInput.WriteLine($line)
                    } while ($line -notmatch '^\d|rest')
                }
            } | Should -Throw 'enough'
            $seen.LocalPort | Should -Be 1, 2, 3, 9999, 4
            [IO.Path]::GetFileName($seen[4].File) | Should -Be 'PR-PORTS-26-07-6-14-2-0.log'
            @(Import-PRLog $folder) | Should -HaveCount 5
        }
        finally {
            $writer.StandardInput.Close()
            $null = $writer.WaitForExit(5000)
        }
    }

    It 'gives each record its process' -Tag NeedsUtility -Skip:$noUtility {
        $folder = New-LogFolder ours
        $record = Import-PRLog $folder -Follow -WithProcess | Select-Object -First 1
        $record.ProcessRecord.OwningProcess | Should -Be $record.OwningProcess
        $record.ProcessRecord.Endpoints.LocalPort | Should -Contain $record.LocalPort
    }
}

Describe 'A record kept' -Tag NeedsUtility -Skip:$noUtility {
    BeforeAll {
        $script:folder = New-LogFolder ours
    }

    It 'as CSV has its lists as text, and runs no formula of the log''s own text' {
        Import-PRLog $folder -Kind PR-PORTS | Export-Csv "$TestDrive/records.csv"
        $read = Import-Csv "$TestDrive/records.csv"
        $read[0].Service, $read[0].LocalPort | Should -Be 'xrdp.service', '3389'
        $read[2].Missed, $read[2].LocalPort | Should -Be '12', ''
        [IO.File]::ReadAllText("$folder/PR-PORTS-26-07-6-13-44-4.log") |
            Should -Not -Match '(^|,)[<"]?[=+@-][a-z]'
    }

    It 'as JSON and CLIXML has its types' {
        $json = (Import-PRLog $folder -Kind PR-PORTS)[0] | ConvertTo-Json | ConvertFrom-Json
        $json.Change, $json.LocalPort | Should -Be 'Appeared', 3389
        (Import-PRLog $folder -WithProcess)[0] | Export-Clixml "$TestDrive/record.xml" -Depth 3
        $read = Import-Clixml "$TestDrive/record.xml"
        $read.Time.Kind, $read.ProcessRecord.Endpoints[0].LocalPort | Should -Be 'Local', 3389
    }
}
