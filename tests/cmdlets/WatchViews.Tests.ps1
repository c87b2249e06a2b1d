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
    $script:time = [datetime]::new(2025, 11, 24, 10, 34, 11, 654, [DateTimeKind]::Utc).ToLocalTime().ToString('HH:mm:ss.fff')

    # The lines without their times, which all are the same.
    function Get-Line {
        param([string] $Shown)

        foreach ($line in $Shown.Trim() -split '\n') {
            $line | Should -Match "^(\e\[\d+m)?$time "
            $line.Replace("$time ", '').TrimEnd()
        }
    }

    function Get-Shown {
        param([string] $Code, [int] $Columns = 120, [hashtable] $Environment = @{ NO_COLOR = '1' })

        Get-TerminalOutput "$prepare$Code" $Columns $Environment
    }
}

Describe 'A line' -Skip:$noTerminal {
    It 'tells a change in columns' {
        Get-Line (Get-Shown 'Watch-PortActivity') | Should -Be @(
            '= TCP 0.0.0.0:80            -> *                     Listen                   server (4711) +2'
            '+ TCP 0.0.0.0:80            -> *                     Listen                   server (4711) +2'
            '~ TCP 10.0.0.1:40000        -> 192.0.2.1:443         SynSent -> Established   server (4711)'
            '> TCP [2001:db8::1]:443     -> [2001:db8::2]:40000   Established              server (4711) was 12 @web'
            '- TCP 10.0.0.1:40000        -> 192.0.2.1:443         Established              ev?[31mil??ne?xt (4711)'
            '~ TCP 10.0.0.1:40000        -> 192.0.2.1:443         FinWait2 -> TimeWait     server (4711) (inferred)'
            '- TCP 10.0.0.1:?            -> 192.0.2.1:443         SynSent'
            'x server (4711) has ended'
            '! gap: 12,345 missed, changes are missing here: the ring was full'
            '! gap: changes may be missing here: ev?[31mil??ne?xt'
        )
    }

    It 'does without columns where there is no room' {
        Get-Line (Get-Shown '(Watch-PortActivity)[1, 2, 8]' -Columns 100) | Should -Be @(
            '+ TCP 0.0.0.0:80 -> * Listen server (4711) +2'
            '~ TCP 10.0.0.1:40000 -> 192.0.2.1:443 SynSent -> Established server (4711)'
            '! gap: 12,345 missed, changes are missing here: the ring was full'
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
        Get-ShellOutput "$prepare Watch-PortActivity" -Environment @{ TERM = 'xterm' } | Should -Not -Match "`e"
    }

    It 'has no colour in a file that the shell writes' -Tag NeedsUtility -Skip:$noUtility {
        Get-Shown "Watch-PortActivity > $TestDrive/lines.txt" -Environment @{} | Should -BeNullOrEmpty
        $written = [IO.File]::ReadAllText("$TestDrive/lines.txt")
        $written | Should -Not -Match "`e"
        $written.Trim() -split '\n' | Should -HaveCount 10
    }

    It 'has one where it was asked for' {
        Get-ShellOutput "$prepare `$PSStyle.OutputRendering = 'Ansi'; Watch-PortActivity" -Environment @{ TERM = 'xterm' } |
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
            `$missing.Name, `$missing.Usable, `$missing.Reason = 'bpf(2)', `$false, ('it needs root ' * 10 + 'END')
            `$missing" 80 @{ NO_COLOR = '1' }
        $shown | Should -Match 'bpf\(2\) +no +it needs root'
        $shown | Should -Match 'END'
    }
}
