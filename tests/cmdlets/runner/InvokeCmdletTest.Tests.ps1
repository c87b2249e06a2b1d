# What the entry script says and how it ends, with Pester and without: it runs, in a process of its
# own, files made here.

BeforeAll {
    . $PSScriptRoot/../support/Support.ps1

    # Runs the text as a test file; gives the exit code, all that was printed, and its last line.
    function Invoke-TestText([string] $Text, [string[]] $Argument = @()) {
        $file = [IO.Path]::Combine($TestDrive, 'Sample.Tests.ps1')
        [IO.File]::WriteAllText($file, $Text)
        $entry = [IO.Path]::Combine($PSScriptRoot, 'Invoke-CmdletTest.ps1')
        $program, $arguments = @(Get-ShellWord) + '-NoProfile', '-File', $entry, $file + $Argument
        $env:NO_COLOR = '1'
        $lines = & $program @arguments 2>&1
        $shown = "$($lines -join "`n")".Trim()
        @{ Code = $LASTEXITCODE; Shown = $shown; Closing = ($shown -split "`n")[-1] }
    }
}

Describe 'titles' {
    It 'have their names filled in, with properties, and a backtick keeps one' {
        $run = Invoke-TestText @'
            Describe 'block <Name>' -ForEach @{ Name = 'one'; Item = @{ Size = 3 } } {
                BeforeAll { $later = 'set later' }
                It 'costs $5, "<Name>" <Item.Size> <_.Name> <later> `<Name>' { }
            }
'@
        $run.Shown | Should -BeLike '*block one*'
        $run.Shown | Should -BeLike '*costs $5, "one" 3 one set later <Name>*'
    }
}

Describe 'the closing line and the exit code' {
    It 'count what passed, failed and was skipped' {
        $run = Invoke-TestText @'
            Describe 'block' {
                It 'one' { 1 | Should -Be 1 }
                It 'two' { 'actual' | Should -Be 'expected' }
                It 'three' -Skip { }
                It 'four' { Set-ItResult -Skipped -Because 'of the weather' }
                It 'five' { [int]::Parse('five') }
            }
'@
        $run.Closing | Should -BeExactly '1 passed, 2 failed, 2 skipped'
        $run.Code | Should -Be 1
        $run.Shown | Should -Match '(?s)two.*Sample\.Tests\.ps1:3'
        $run.Shown | Should -Match "(?s)'expected'.*'actual'"
        $run.Shown | Should -Match '(?s)five.*Sample\.Tests\.ps1:6'
        $run.Shown | Should -Match 'because of the weather|: of the weather'
    }

    It 'are 0 when all is well' {
        $run = Invoke-TestText "Describe 'block' { It 'one' { }; It 'two' { 'output' } }"
        $run.Closing | Should -BeExactly '2 passed, 0 failed, 0 skipped'
        $run.Code | Should -Be 0
    }

    It 'fail when no test ran: <Why>' -ForEach @(
        @{ Why = 'an empty file'; Text = '' }
        @{ Why = 'an empty block'; Text = "Describe 'block' { }" }
        @{ Why = 'an empty -ForEach'; Text = "Describe 'block' { It 'one' -ForEach @() { } }" }
    ) {
        $run = Invoke-TestText $Text
        $run.Code | Should -Be 1
    }

    It 'fail when the file <Why>' -ForEach @(
        @{ Why = 'throws in discovery'; Text = "Describe 'block' { It 'one' { }; throw 'no' }" }
        @{ Why = 'can not be parsed'; Text = "Describe 'block' {" }
    ) {
        $run = Invoke-TestText $Text
        $run.Code | Should -Be 1
        $run.Closing | Should -Match '^\d passed, [1-9] failed, 0 skipped$'
    }

    It 'fail the tests below a BeforeAll that throws, and no others' {
        $run = Invoke-TestText @'
            Describe 'bad' {
                BeforeAll { throw 'no ground to stand on' }
                It 'one' { }
                Context 'inner' { It 'two' { } }
            }
            Describe 'good' { It 'three' { } }
'@
        $run.Closing | Should -BeExactly '1 passed, 2 failed, 0 skipped'
        $run.Shown | Should -BeLike '*no ground to stand on*'
    }

    It 'fail a test whose <_> throws' -ForEach 'BeforeEach', 'AfterEach' {
        $run = Invoke-TestText "Describe 'block' { $_ { throw 'no' }; It 'one' { }; It 'two' { } }"
        $run.Closing | Should -BeExactly '0 passed, 2 failed, 0 skipped'
    }

    It 'fail when an AfterAll throws' {
        $run = Invoke-TestText "Describe 'block' { It 'one' { }; AfterAll { throw 'no' } }"
        $run.Closing | Should -BeExactly '1 passed, 1 failed, 0 skipped'
        $run.Code | Should -Be 1
    }

    It 'are not fooled by a return' {
        $run = Invoke-TestText @'
            Describe 'block' {
                It 'one' { return; throw 'no' }
                It 'two' { throw 'no' }
            }
'@
        $run.Closing | Should -BeExactly '1 passed, 1 failed, 0 skipped'
    }
}

Describe 'choosing tests' {
    BeforeAll {
        $text = "Describe 'outer' {
            It 'one' -Tag quick { }
            Context 'inner' -Tag slow { It 'two' { }; It 'three' -Tag quick { } }
        }"
    }

    It '<Argument> runs <Count>' -ForEach @(
        @{ Argument = '-Name', '*.inner.*'; Count = 2 }
        @{ Argument = '-Tag', 'quick'; Count = 2 }
        @{ Argument = '-Tag', 'slow'; Count = 2 }
        @{ Argument = '-ExcludeTag', 'slow'; Count = 1 }
        @{ Argument = '-Tag', 'quick', '-ExcludeTag', 'slow'; Count = 1 }
        @{ Argument = '-Tag', 'quick', '-Name', '*.two'; Count = 3 }
    ) {
        (Invoke-TestText $text $Argument).Closing | Should -Be "$Count passed, 0 failed, 0 skipped"
    }
}
