# How the objects look, seen from outside: a shell of the same host prints them on a terminal of 120
# columns, which `script` gives it.

BeforeDiscovery {
    . $PSScriptRoot/support/Terminal.ps1
    $script:noUtility = -not (Get-Command Format-List -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    . $PSScriptRoot/support/Terminal.ps1

    # $endpoints and $blocks to be shown; the first of each has hostile texts. An escape sequence of
    # ours would be one of colour, so none is asked for, but with -Colour.
    function Get-Shown {
        param([string] $Code, [switch] $Colour)

        Get-TerminalOutput -Environment ($Colour ? @{} : @{ NO_COLOR = '1' }) -Code @"
            `$module = Import-Module '$manifest' -PassThru
            . `$module {
                `$script:workerFile = '$supportFolder/fake-worker.mjs'
                Set-StrictMode -Version Latest
            }
            `$hostile = "ev``e[31mil``r``nne``u{202e}xt``u{9b}1m"
            `$endpoints = Get-PortSnapshot -ProcessName names
            `$blocks = Get-PortSnapshot -GroupByProcess
            foreach (`$object in `$endpoints[0], `$blocks[0]) {
                `$object.ProcessName = `$object.Path = `$object.User = `$hostile
                `$object.Services = `$object.Modules = `$hostile, 'b'
            }
            `$endpoints[0].CommandLine = `$endpoints[0].Namespace = `$hostile
            $Code
"@
    }

    $script:control = '[\p{Cc}\p{Cf}-[\n]]'
}

Describe 'The views' -Skip:$noTerminal {
    It 'show endpoints as a table that fits 120 columns' {
        $lines = (Get-Shown '$endpoints[2..3]').Trim() -split '\n'
        $lines[0] | Should -Match '^Proto +Local endpoint +Remote endpoint State +PID Process$'
        $lines[2] | Should -Match '^TCP +127\.0\.0\.1:3 +\* Listen +\d+ fake-worker$'
        $lines[3] | Should -Match '^TCP +127\.0\.0\.1:4 +192\.0\.2\.1:443 Listen +\d+ fake-worker$'
    }

    It 'put IPv6 in brackets and never cut a port' {
        $lines = (Get-Shown @'
            $long = '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff'
            $endpoints[3].AddressFamily = 'IPv6'
            $endpoints[3].LocalAddress, $endpoints[3].RemoteAddress = '::1', $long
            $endpoints[3].RemotePort = 65535
            $endpoints[3]
'@).Trim() -split '\n'
        $lines[2] | Should -Match ' \[::1\]:4 '
        $lines[2] | Should -Match 'dddd:eeee:ffff\]:65535 '
        $lines[2].Length | Should -BeLessOrEqual 120
    }

    It 'write a time the same way in every culture, and let the list of logs fit 80 columns' {
        $lines = (Get-Shown @'
            $culture = [cultureinfo]::InvariantCulture.Clone()
            $culture.DateTimeFormat.TimeSeparator = '.'
            [cultureinfo]::CurrentCulture = $culture
            $log, $record = . $module { [PRLogFile]::new(), [PRPortRecord]::new() }
            $log.Name, $log.State = 'PR-INITIAL-26-11-24-20-47-48.log', 'Interrupted'
            $log.End = $record.Time = [datetime]::new(2026, 11, 24, 20, 47, 59)
            $log.Records, $log.Size = 1234567, 999mb
            $record.Change, $record.LocalAddress = 'Appeared', '127.0.0.1'
            $log | Out-Host
            $record
'@).Trim() -split '\r?\n'
        $lines[2] | Should -Match '^PR-INITIAL-26-11-24-20-47-48\.log +2026-11-24 20:47 +1,234,567 +999'
        # The name takes what room there is; the others have so much.
        $lines[0].Length - $lines[0].IndexOf(' End') + 6 | Should -BeLessOrEqual (80 - 32)
        $lines -match '^2026-11-24 20:47:59\.000 \+ ' | Should -HaveCount 1
    }

    It 'show other holders and another namespace beside the process' {
        Get-Shown @'
            $endpoints[1].SharedWith = 7, 8
            $endpoints[1].Namespace = 'web'
            $endpoints[1]
'@ | Should -Match 'fake-worker \+2 \(web\)'
    }

    It 'show an endpoint without an owner' {
        Get-Shown @'
            $endpoints[1].OwningProcess = $null
            $endpoints[1].ProcessName = ''
            $endpoints[1]
'@ | Should -Match ' 192\.0\.2\.1:443 Listen +\n'
    }

    It 'mark listeners by colour, unless NO_COLOR is set' {
        Get-Shown '$endpoints[2]' -Colour | Should -Match "`e\[92mListen`e\[0m"
        Get-Shown '$endpoints[2]' | Should -Not -Match "`e"
    }

    It 'let no control character of a hostile text through: <_>' -ForEach @(
        '$endpoints[0]', '$blocks[0]', '$PSVersionTable; $endpoints[0]; $blocks[0]'
    ) {
        $shown = Get-Shown $_
        $shown | Should -Match 'ev\?\[31mil\?\?ne\?xt\?1m'
        $shown | Should -Not -Match $control
    }

    It 'let none through: <_>' -Tag NeedsUtility -Skip:$noUtility -ForEach @(
        '$endpoints[0] | Format-List', '$blocks[0] | Format-List', '$blocks[0] | Format-Table'
    ) {
        $shown = Get-Shown $_
        $shown | Should -Match 'ev\?\[31mil\?\?ne\?xt\?1m'
        $shown | Should -Not -Match $control
    }

    It 'show every property in a list' -Tag NeedsUtility -Skip:$noUtility {
        $shown = Get-Shown '$endpoints[1] | Format-List'
        $labels = [regex]::Matches($shown, '(?m)^(\w+) +:').ForEach({ $_.Groups[1].Value })
        $labels | Should -HaveCount 20
        $labels[0], $labels[-1] | Should -Be 'Protocol', 'Time'
    }

    It 'show a process block as PortQry does' {
        $shown = Get-Shown @'
            $blocks[1].OwningProcess = 7
            $blocks[1].Services = 'a', 'b'
            $blocks[1].Path = '/bin/x'
            $blocks[1].Modules = '/lib/y'
            $blocks[1]
'@
        $shown.Trim() | Should -Be @'
Process 7: fake-worker
  User:     root
  Services: a, b
  Path:     /bin/x

  Proto  Local endpoint Remote endpoint State
  TCP       127.0.0.1:1               * Listen
  TCP       127.0.0.1:2   192.0.2.1:443 Listen

  TCP mappings: 2, UDP mappings: 1
  Listen             2   66.67 %

  Modules:
    /lib/y
'@.Replace("`r`n", "`n")
    }

    It 'show a block whose owner is not known' {
        Get-Shown '$blocks[1]' | Should -Match '(?m)^No known owner$'
    }

    It 'show statistics' {
        (Get-Shown 'Get-PortSnapshot -Statistics').Trim() | Should -Be @'
TCP mappings: 2
UDP mappings: 1

State          Count   Percent
Listen             2   66.67 %
'@.Replace("`r`n", "`n")
    }
}
