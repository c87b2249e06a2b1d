# The operators of Should: for each a block in which it holds and one in which it fails. Pester 5
# and 6 pass this file too.

Describe 'Should <Text>' -ForEach @(
    @{ Text = '-Be'; Holds = { 1 | Should -Be 1 }; Fails = { 1 | Should -Be 2 } }
    @{
        Text = '-Be in any case'
        Holds = { 'a' | Should -Be 'A' }
        Fails = { 'a' | Should -Be 'b' }
    }
    @{
        Text = '-Be, lists'
        Holds = { 1, 'a' | Should -Be 1, 'A' }
        Fails = { 1, 2 | Should -Be 2, 1 }
    }
    @{
        Text = '-Be, nested lists'
        Holds = { 1, (2, 3) | Should -Be 1, (2, 3) }
        Fails = { 1, (2, 3) | Should -Be 1, (2, 4) }
    }
    @{ Text = '-Be, lengths'; Holds = { , 1 | Should -Be 1 }; Fails = { 1, 1 | Should -Be 1 } }
    @{ Text = '-Be $null'; Holds = { $null | Should -Be $null }; Fails = { 0 | Should -Be $null } }
    @{
        Text = '-Be, nothing piped'
        Holds = { @() | Should -Be $null }
        Fails = { @() | Should -Be 0 }
    }
    @{
        Text = '-Be, $false is not $null'
        Holds = { $false | Should -Not -Be $null }
        Fails = { $false | Should -Be $null }
    }
    @{
        Text = '-Be, the expected type counts'
        Holds = { '1' | Should -Be 1 }
        Fails = { 'x' | Should -Be 1 }
    }
    @{ Text = '-Not -Be'; Holds = { 1 | Should -Not -Be 2 }; Fails = { 1 | Should -Not -Be 1 } }
    @{
        Text = '-BeExactly'
        Holds = { 'a' | Should -BeExactly 'a' }
        Fails = { 'a' | Should -BeExactly 'A' }
    }
    @{
        Text = '-BeNullOrEmpty'
        Holds = { '' | Should -BeNullOrEmpty }
        Fails = { ' ' | Should -BeNullOrEmpty }
    }
    @{
        Text = '-BeNullOrEmpty, lists'
        Holds = { @() | Should -BeNullOrEmpty }
        Fails = { '', '' | Should -BeNullOrEmpty }
    }
    @{
        Text = '-Not -BeNullOrEmpty'
        Holds = { 0 | Should -Not -BeNullOrEmpty }
        Fails = { $null | Should -Not -BeNullOrEmpty }
    }
    @{ Text = '-BeTrue'; Holds = { 'x' | Should -BeTrue }; Fails = { 0 | Should -BeTrue } }
    @{ Text = '-BeFalse'; Holds = { $null | Should -BeFalse }; Fails = { 1 | Should -BeFalse } }
    @{
        Text = '-BeGreaterThan'
        Holds = { 2 | Should -BeGreaterThan 1 }
        Fails = { 2 | Should -BeGreaterThan 2 }
    }
    @{
        Text = '-BeGreaterThan, each'
        Holds = { 2, 3 | Should -BeGreaterThan 1 }
        Fails = { 3, 1 | Should -BeGreaterThan 2 }
    }
    @{
        Text = '-BeGreaterOrEqual'
        Holds = { 2 | Should -BeGreaterOrEqual 2 }
        Fails = { 2 | Should -BeGreaterOrEqual 3 }
    }
    @{
        Text = '-BeLessThan'
        Holds = { 1 | Should -BeLessThan 2 }
        Fails = { 2 | Should -BeLessThan 2 }
    }
    @{
        Text = '-BeLessOrEqual'
        Holds = { 2 | Should -BeLessOrEqual 2 }
        Fails = { 3 | Should -BeLessOrEqual 2 }
    }
    @{
        Text = '-BeLike'
        Holds = { 'Port' | Should -BeLike 'p*' }
        Fails = { 'Port' | Should -BeLike 'x*' }
    }
    @{
        Text = '-Match'
        Holds = { 'Port' | Should -Match '^p' }
        Fails = { 'Port' | Should -Match '^o' }
    }
    @{
        Text = '-Not -Match'
        Holds = { 'Port' | Should -Not -Match 'x' }
        Fails = { 'Port' | Should -Not -Match 'p' }
    }
    @{
        Text = '-MatchExactly'
        Holds = { 'Port' | Should -MatchExactly '^P' }
        Fails = { 'Port' | Should -MatchExactly '^p' }
    }
    @{
        Text = '-Contain'
        Holds = { 1, 2 | Should -Contain 2 }
        Fails = { 1, 2 | Should -Contain 3 }
    }
    @{
        Text = '-Not -Contain'
        Holds = { 1, 2 | Should -Not -Contain 3 }
        Fails = { 1, 2 | Should -Not -Contain 1 }
    }
    @{ Text = '-BeIn'; Holds = { 1 | Should -BeIn 1, 2 }; Fails = { 3 | Should -BeIn 1, 2 } }
    @{
        Text = '-BeOfType'
        Holds = { 1 | Should -BeOfType [int] }
        Fails = { 1 | Should -BeOfType [string] }
    }
    @{
        Text = '-BeOfType, by name'
        Holds = { 'x' | Should -BeOfType System.String }
        Fails = { 'x' | Should -BeOfType int }
    }
    @{
        Text = '-BeOfType, a type'
        Holds = { 1 | Should -BeOfType ([ValueType]) }
        Fails = { $null | Should -BeOfType ([int]) }
    }
    @{
        Text = '-HaveCount'
        Holds = { 1, 2 | Should -HaveCount 2 }
        Fails = { 1, 2 | Should -HaveCount 3 }
    }
    @{
        Text = '-HaveCount 0'
        Holds = { @() | Should -HaveCount 0 }
        Fails = { 1 | Should -HaveCount 0 }
    }
    @{
        Text = '-Exist'
        Holds = { $PSScriptRoot | Should -Exist }
        Fails = { 'nothing-here' | Should -Exist }
    }
    @{ Text = '-Throw'; Holds = { { throw 'x' } | Should -Throw }; Fails = { { } | Should -Throw } }
    @{
        Text = '-Not -Throw'
        Holds = { { } | Should -Not -Throw }
        Fails = { { throw 'x' } | Should -Not -Throw }
    }
    @{
        Text = '-Throw <message>'
        Holds = { { throw 'broken' } | Should -Throw 'bro*' }
        Fails = { { throw 'broken' } | Should -Throw 'bro' }
    }
    @{
        Text = '-Throw -ErrorId'
        Holds = { { Get-Nothing } | Should -Throw -ErrorId 'CommandNotFound*' }
        Fails = { { throw 'x' } | Should -Throw -ErrorId 'y' }
    }
    @{
        Text = '-Throw -ExceptionType'
        Holds = { { throw [IO.IOException]::new() } | Should -Throw -ExceptionType ([Exception]) }
        Fails = { { throw 'x' } | Should -Throw -ExceptionType ([IO.IOException]) }
    }
) {
    It 'holds' {
        & $Holds
    }

    It 'fails' {
        $Fails | Should -Throw -ErrorId 'PesterAssertionFailed'
    }
}

Describe 'Should' {
    It 'says what was expected, why, and what came' {
        $caught = { 1 | Should -Be 2 -Because 'it is one more' } | Should -Throw -PassThru
        $expected = 'Expected .*2, because it is one more, but got 1\.'
        $caught.Exception.Message | Should -Match $expected
    }

    It 'says what error was expected and what came' {
        $failing = { { throw 'red' } | Should -Throw 'blue' -Because 'of it' }
        $caught = $failing | Should -Throw -PassThru
        $caught.Exception.Message | Should -Match "blue'.* because of it, but .*'red'"
    }

    It '-Throw -PassThru gives the error' {
        $caught = { [int]::Parse('x') } | Should -Throw -PassThru
        $caught.FullyQualifiedErrorId | Should -Be 'FormatException'
    }

    It '-Throw refuses what is not a block' {
        { 'text' | Should -Throw } | Should -Throw -ExceptionType ([ArgumentException])
    }
}
