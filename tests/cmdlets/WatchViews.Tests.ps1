# How changes look: one line each, on a terminal, in a pipe and in a list. The watch is made up
# (support/fake-watch.mjs).

BeforeDiscovery {
    . $PSScriptRoot/support/Terminal.ps1
    $script:noUtility = -not (Get-Command Format-List -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    . $PSScriptRoot/support/Terminal.ps1

    $script:prepare = @"
        `$module = Import-Module '$manifest' -PassThru
        & `$module { `$script:workerFile = '$supportFolder/fake-watch.mjs' }

"@
    $utc = [datetime]::new(2025, 11, 24, 10, 34, 11, 654, [DateTimeKind]::Utc)
    $script:time = $utc.ToLocalTime().ToString('HH:mm:ss.fff')

    # The lines without their times, which all are the same, and runs of blanks as one.
    function Get-Line {
        param([string] $Shown)

        foreach ($line in $Shown.Trim() -split '\n') {
            $line | Should -Match "^$time "
            $line.Replace("$time ", '').TrimEnd() -replace ' +', ' '
        }
    }

    function Get-Shown {
        param([string] $Code, [int] $Columns = 120, [hashtable] $Environment = @{ NO_COLOR = '1' })

        Get-TerminalOutput "$prepare$Code" $Columns $Environment
    }
}

Describe 'A line' -Skip:$noTerminal {
    BeforeAll {
        $shown = Get-Shown 'Watch-PortActivity'
        $script:lines = @(Get-Line $shown)
        $script:wide = $shown.Trim() -split '\n'
    }

    It 'tells a change: <Mark>' -ForEach @(
        @{ Mark = '='; Index = 0; Line = 'TCP 0.0.0.0:80 -> * Listen server (4711) +2' }
        @{ Mark = '+'; Index = 1; Line = 'TCP 0.0.0.0:80 -> * Listen server (4711) +2' }
        @{
            Mark = '~'; Index = 2
            Line = 'TCP 10.0.0.1:40000 -> 192.0.2.1:443 SynSent -> Established server (4711)'
        }
        @{
            Mark = '>'; Index = 3
            Line = 'TCP [2001:db8::1]:443 -> [2001:db8::2]:40000 Established ' +
                'server (4711) was 12 @web'
        }
        @{
            Mark = '-'; Index = 4
            Line = 'TCP 10.0.0.1:40000 -> 192.0.2.1:443 Established ev?[31mil??ne?xt (4711)'
        }
        @{
            Mark = '~'; Index = 5
            Line = 'TCP 10.0.0.1:40000 -> 192.0.2.1:443 FinWait2 -> TimeWait ' +
                'server (4711) (inferred)'
        }
        @{ Mark = '-'; Index = 6; Line = 'TCP 10.0.0.1:? -> 192.0.2.1:443 SynSent' }
        @{ Mark = 'x'; Index = 7; Line = 'server (4711) has ended' }
        @{
            Mark = '!'; Index = 8
            Line = 'gap: 12,345 missed, changes are missing here: the ring was full'
        }
        @{ Mark = '!'; Index = 9; Line = 'gap: changes may be missing here: ev?[31mil??ne?xt' }
    ) {
        $lines[$Index] | Should -Be "$Mark $Line"
    }

    It 'stands in columns where there is room' {
        $rows = $wide[0..3]
        foreach ($text in ' -> ', 'server (4711)') {
            $found = [int[]] $rows.ForEach({ $_.IndexOf($text) })
            $places = [Collections.Generic.HashSet[int]]::new($found)
            $places | Should -HaveCount 1 -Because $text
        }
    }

    It 'does without columns where there is no room' {
        (Get-Shown '(Watch-PortActivity)[1, 2]' -Columns 100).Trim() -split '\n' | Should -Be @(
            "$time + TCP 0.0.0.0:80 -> * Listen server (4711) +2"
            "$time ~ TCP 10.0.0.1:40000 -> 192.0.2.1:443 SynSent -> Established server (4711)"
        )
    }

    It 'has the colour of its kind' {
        $lines = (Get-Shown 'Watch-PortActivity' -Environment @{}).Trim() -split '\n'
        $colours = $lines.ForEach({ $_ -match '^\e\[(\d+)m.*\e\[0m$' ? $Matches[1] : '' })
        $colours | Should -Be '', '92', '96', '95', '33', '96', '33', '93', '91', '91'
    }

    It 'lets no control character of a hostile name through' {
        Get-Shown 'Watch-PortActivity' | Should -Not -Match '[\p{Cc}\p{Cf}-[\n]]'
        Get-Shown '$PSVersionTable; Watch-PortActivity' | Should -Not -Match '[\p{Cc}\p{Cf}-[\n]]'
    }
}

Describe 'A line that goes to a file or another program' -Skip:$noTerminal {
    It 'has no colour' {
        Get-ShellOutput "$prepare Watch-PortActivity" -Environment @{ TERM = 'xterm' } |
            Should -Not -Match "`e"
    }

    It 'has no colour in a file that the shell writes' -Tag NeedsUtility -Skip:$noUtility {
        $file = "$TestDrive/lines.txt"
        Get-Shown "Watch-PortActivity > $file" -Environment @{} | Should -BeNullOrEmpty
        $written = [IO.File]::ReadAllText($file)
        $written | Should -Not -Match "`e"
        $written.Trim() -split '\n' | Should -HaveCount 10
    }

    It 'has one where it was asked for' {
        $code = "`$PSStyle.OutputRendering = 'Ansi'; Watch-PortActivity"
        Get-ShellOutput "$prepare $code" -Environment @{ TERM = 'xterm' } |
            Should -Match "`e\[92m$time \+"
    }
}

Describe 'A list' -Tag NeedsUtility -Skip:($noTerminal -or $noUtility) {
    It 'shows every property' {
        $shown = Get-Shown '(Watch-PortActivity)[3] | Format-List'
        $labels = [regex]::Matches($shown, '(?m)^(\w+) +:').ForEach({ $_.Groups[1].Value })
        $labels | Should -HaveCount 26
        $labels[0], $labels[-1] | Should -Be 'Time', 'Reason'
        $shown | Should -Match '(?m)^Time +: \d{4}-\d\d-\d\d \d\d:34:11\.654321$'
    }

    It 'lets no control character of a hostile name through' {
        Get-Shown 'Watch-PortActivity | Format-List' | Should -Not -Match '[\p{Cc}\p{Cf}-[\n]]'
    }
}

Describe 'The capabilities' -Skip:$noTerminal {
    It 'are a table whose reasons are never cut' {
        $shown = Get-TerminalOutput "Import-Module '$manifest'
            `$missing = (Get-PortReporter -Capability)[0]
            `$missing.Name, `$missing.Usable = 'bpf(2)', `$false
            `$missing.Reason = 'it needs root ' * 10 + 'END'
            `$missing" 80 @{ NO_COLOR = '1' }
        $shown | Should -Match 'bpf\(2\) +no +it needs root'
        $shown | Should -Match 'END'
    }
}
