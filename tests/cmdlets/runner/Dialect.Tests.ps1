# What the words of the dialect mean, said in the dialect itself: Pester 5 and 6 pass this file too.

$topOfFile = 'only in discovery'

BeforeDiscovery {
    $numbers = 1, 2
    $hasUtility = $null -ne (Get-Command ConvertTo-Json -ErrorAction Ignore)
}

BeforeAll {
    $calls = [Collections.Generic.List[string]]::new()
    $ofFile = 'BeforeAll of the file'

    function Get-OfFile { $ofFile }
}

Describe 'scopes' {
    BeforeAll {
        $ofBlock = 'BeforeAll of the block'
        $changed = 1
    }

    It 'shows a test what BeforeAll of the file and of the block set' {
        Get-OfFile | Should -BeExactly 'BeforeAll of the file'
        $ofBlock | Should -BeExactly 'BeforeAll of the block'
        $changed = 2
        $changed | Should -Be 2
    }

    It 'keeps what a test sets from the next one' {
        $changed | Should -Be 1
    }

    It 'leaves variables of the file and of BeforeDiscovery in discovery' {
        $topOfFile | Should -BeNullOrEmpty
        $numbers | Should -BeNullOrEmpty
    }

    It 'knows the file by $PSScriptRoot and $PSCommandPath' {
        $PSCommandPath | Should -BeLike '*Dialect.Tests.ps1'
        [IO.Path]::Combine($PSScriptRoot, 'Invoke-CmdletTest.ps1') | Should -Exist
    }

    Context 'an inner block' {
        BeforeAll {
            $ofInner = "$ofBlock, inner"
            $changed = 3
        }

        It 'sees the outer one and its own' {
            $ofInner | Should -Be 'BeforeAll of the block, inner'
            $changed | Should -Be 3
        }
    }

    It 'is rid of what an inner block set' {
        $ofInner | Should -BeNullOrEmpty
        $changed | Should -Be 1
    }
}

Describe 'order' {
    BeforeAll { $calls.Add('BeforeAll') }
    AfterAll { $calls.Add('AfterAll') }
    BeforeEach { $calls.Add('BeforeEach'); $each = 'outer' }
    AfterEach { $calls.Add("AfterEach $each") }

    It 'first' { $calls.Add("first $each"); $each = 'changed' }

    Context 'inner' {
        BeforeAll { $calls.Add('inner BeforeAll') }
        AfterAll { $calls.Add('inner AfterAll') }
        BeforeEach { $calls.Add('inner BeforeEach'); $each = "inner of $each" }
        AfterEach { $calls.Add('inner AfterEach') }

        It 'second' { $calls.Add("second $each") }
    }
}

Describe 'after the order' {
    It 'was from the outside in, and back' {
        $calls -join "`n" | Should -BeExactly (@(
                'BeforeAll'
                'BeforeEach', 'first outer', 'AfterEach changed'
                'inner BeforeAll'
                'BeforeEach', 'inner BeforeEach', 'second inner of outer'
                'inner AfterEach', 'AfterEach inner of outer'
                'inner AfterAll'
                'AfterAll'
            ) -join "`n")
    }
}

Describe '-ForEach on a block, <_>' -ForEach $numbers {
    BeforeAll { $tenfold = $_ * 10 }

    It 'gives the item as $_ to BeforeAll and tests' {
        $tenfold | Should -Be ($_ * 10)
        $_ | Should -BeIn 1, 2
    }

    Context 'nested, <Letter>' -ForEach @(
        @{ Letter = 'a'; Upper = 'A' }
        @{ Letter = 'b'; Upper = 'B' }
    ) {
        It 'gives the keys of a dictionary as variables' {
            $Letter.ToUpperInvariant() | Should -BeExactly $Upper
            $_.Upper | Should -BeExactly $Upper
            $tenfold | Should -BeIn 10, 20
        }

        It 'goes on in -ForEach of a test, <_> of <Letter>' -ForEach 'x', 'y' {
            $_ | Should -BeIn 'x', 'y'
            $Upper | Should -BeIn 'A', 'B'
        }

        It 'fills the param block of a test' -ForEach @{ Count = 7 } {
            param($Count)
            $Count | Should -Be 7
        }
    }
}

Describe 'TestDrive' {
    BeforeAll {
        [IO.File]::WriteAllText([IO.Path]::Combine($TestDrive, 'kept.txt'), 'kept')
    }

    It 'is an empty folder at first, and a drive' {
        [IO.Directory]::GetFileSystemEntries($TestDrive) | Should -HaveCount 1
        'TestDrive:/kept.txt' | Should -Exist
        'TestDrive:/other.txt' | Should -Not -Exist
    }

    Context 'inside a block' {
        It 'takes files' {
            $folder = [IO.Path]::Combine($TestDrive, 'folder')
            $null = [IO.Directory]::CreateDirectory($folder)
            [IO.File]::WriteAllText([IO.Path]::Combine($folder, 'inner.txt'), '')
            'TestDrive:/folder/inner.txt' | Should -Exist
        }
    }

    It 'is cleared of them after the block' {
        'TestDrive:/folder' | Should -Not -Exist
        'TestDrive:/kept.txt' | Should -Exist
    }
}

Describe 'InModuleScope' {
    BeforeAll {
        $path = [IO.Path]::Combine($TestDrive, 'DialectSample.psm1')
        [IO.File]::WriteAllText($path, '$secret = 42
            function Get-Secret { $secret }
            Export-ModuleMember')
        Import-Module $path
    }

    AfterAll {
        Remove-Module DialectSample
    }

    It 'sees what the module keeps to itself' {
        { Get-Secret } | Should -Throw
        InModuleScope DialectSample { Get-Secret; $secret } | Should -Be 42, 42
    }

    It 'takes parameters as variables and arguments' {
        InModuleScope DialectSample -Parameters @{ Extra = 1 } { $secret + $Extra } | Should -Be 43
        InModuleScope DialectSample -ArgumentList 2 { param($More) $secret + $More } | Should -Be 44
        InModuleScope DialectSample { $Extra } | Should -BeNullOrEmpty
    }

    It 'needs a loaded module' {
        { InModuleScope NoSuchModule { } } | Should -Throw "*NoSuchModule*"
    }
}

Describe 'skipping' {
    It 'does not run a test with -Skip' -Skip {
        throw 'it ran'
    }

    It 'ends a test that asks for it' {
        Set-ItResult -Skipped -Because 'it shows here'
        throw 'it went on'
    }

    Context 'a block' -Skip {
        BeforeAll { throw 'it ran' }

        It 'is not begun' { throw 'it ran' }
    }

    It 'runs what needs Utility only where that is' -Tag NeedsUtility {
        '{"a": 1}' | ConvertFrom-Json | ForEach-Object a | Should -Be 1
    }

    It 'takes -Skip:$false for no' -Skip:(-not $hasUtility -and $hasUtility) {
        $true | Should -BeTrue
    }
}
