# Which Node runs the worker, and what is said where none can.

BeforeDiscovery {
    # The programs that stand for a Node here are shell scripts.
    $script:noShell = $IsWindows
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1

    function Add-FakeNode {
        param([string] $Name, [string] $Code)

        $path = [IO.Path]::Combine($TestDrive, $Name)
        $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path))
        [IO.File]::WriteAllText($path, "#!/bin/sh`n$Code`n")
        [IO.File]::SetUnixFileMode($path, 'UserRead, UserWrite, UserExecute')
        $path
    }

    # One that is Node, and says so in a file each time.
    function Add-RealNode {
        param([string] $Name)

        Add-FakeNode $Name "echo used >> '$TestDrive/used.log'; exec '$realNode' `"`$@`""
    }

    function Get-UseCount {
        [IO.File]::ReadAllLines("$TestDrive/used.log").Count
    }

    $script:realNode = @(Get-Command node -CommandType Application)[0].Source
}

Describe 'Node' -Skip:$noShell {
    BeforeEach {
        $script:module = Import-TestedModule -Fake
        $script:path = $env:PATH
        $script:formerNode = $env:PORTREPORTER_NODE
        $env:PORTREPORTER_NODE = $null
    }

    AfterEach {
        $env:PATH = $path
        $env:PORTREPORTER_NODE = $formerNode
        Remove-Module PortReporter
    }

    It 'is the one that PORTREPORTER_NODE names' {
        $env:PORTREPORTER_NODE = Add-RealNode mine
        $before = [IO.File]::Exists("$TestDrive/used.log") ? (Get-UseCount) : 0
        Get-PortSnapshot | Should -HaveCount 2
        Get-UseCount | Should -Be ($before + 2) -Because 'one is --version, one serves'
        Get-PortSnapshot | Should -HaveCount 2
        Get-UseCount | Should -Be ($before + 2) -Because 'both are remembered'
    }

    It 'may be named as it is on PATH' {
        $null = Add-RealNode bin/node-of-mine
        $env:PATH = "$TestDrive/bin:$path"
        $env:PORTREPORTER_NODE = 'node-of-mine'
        Get-PortSnapshot | Should -HaveCount 2
    }

    It 'takes no options that are meant for the user''s own programs' {
        $env:NODE_OPTIONS = '--require /nowhere'
        try {
            Get-PortSnapshot | Should -HaveCount 2
        }
        finally {
            $env:NODE_OPTIONS = $null
        }
    }

    It 'is the one that came with the module, before PATH' {
        $null = Add-RealNode module/node/bin/node
        [IO.File]::WriteAllText("$TestDrive/used.log", '')
        & $module { $script:moduleRoot = $args[0] } "$TestDrive/module"
        Get-PortSnapshot | Should -HaveCount 2
        Get-UseCount | Should -Be 2
    }

    It 'is another one at the next call, when PORTREPORTER_NODE changes' {
        $before = (Get-PortSnapshot)[0].OwningProcess
        $env:PORTREPORTER_NODE = Add-RealNode mine
        (Get-PortSnapshot)[0].OwningProcess | Should -Not -Be $before
        Wait-Until { -not (Test-Running $before) } | Should -BeTrue
    }

    It 'is missing: PORTREPORTER_NODE names no program' {
        $env:PORTREPORTER_NODE = '/nowhere/node'
        $caught = { Get-PortSnapshot } |
            Should -Throw -ErrorId 'PR_NODE_MISSING,Get-PortSnapshot' -PassThru
        $caught.Exception.Message | Should -Be (
            "PORTREPORTER_NODE is '/nowhere/node', and there is no such program. " +
            'Install Node 20 or later (https://nodejs.org), or set PORTREPORTER_NODE to its path.')
        $caught.InvocationInfo.Line | Should -BeLike '*Get-PortSnapshot*'
    }

    It 'is missing: there is none on PATH (<_>)' -ForEach 'nowhere', '', ':' {
        $env:PATH = $_
        $before = [Environment]::CurrentDirectory
        [Environment]::CurrentDirectory = [IO.Path]::GetDirectoryName((Add-FakeNode here/node ''))
        try {
            { Get-PortSnapshot } | Should -Throw -ErrorId 'PR_NODE_MISSING,*' (
                'PortReporter needs Node, and there is none on PATH.*')
        }
        finally {
            [Environment]::CurrentDirectory = $before
        }
    }

    It 'is too old, which is asked once' {
        $code = "echo `"`$@`" >> '$TestDrive/old.log'; echo v18.20.4"
        $old = $env:PORTREPORTER_NODE = Add-FakeNode old $code
        $message = "PortReporter needs Node 20 or later, but '$old' is version 18. " +
            'Install a newer Node, or set PORTREPORTER_NODE to the path of one.'
        foreach ($time in 1, 2) {
            { Get-PortSnapshot } |
                Should -Throw $message -ErrorId 'PR_NODE_TOO_OLD,Get-PortSnapshot'
        }
        [IO.File]::ReadAllLines("$TestDrive/old.log") -eq '--version' | Should -HaveCount 1
    }

    It 'does not run: <Reason>' -ForEach @(
        @{ Reason = 'says hello'; Code = 'echo hello; echo you'; Said = 'hello' }
        @{ Reason = 'fails'; Code = 'echo no library >&2; exit 1'; Said = 'no library' }
        @{ Reason = 'hangs'; Code = 'exec sleep 600'; Said = 'nothing'; Patience = 300 }
    ) {
        if ($Patience) { & $module { $script:nodeAnswerTime = $args[0] } $Patience }
        $env:PORTREPORTER_NODE = Add-FakeNode odd $Code
        { Get-PortSnapshot } |
            Should -Throw "*it says '$Said'*" -ErrorId 'PR_NODE_UNUSABLE,Get-PortSnapshot'
    }

    It 'does not run: it is no program' {
        $env:PORTREPORTER_NODE = "$TestDrive/text"
        [IO.File]::WriteAllText("$TestDrive/text", 'just text')
        { Get-PortSnapshot } |
            Should -Throw '*/text'' does not run as Node*' -ErrorId 'PR_NODE_UNUSABLE,*'
    }

    It 'works after it was mended' {
        $env:PORTREPORTER_NODE = '/nowhere/node'
        { Get-PortSnapshot } | Should -Throw
        $env:PORTREPORTER_NODE = $null
        Get-PortSnapshot | Should -HaveCount 2
    }

    It 'starts where the current folder is gone' {
        $gone = [IO.Directory]::CreateTempSubdirectory().FullName
        $before = [Environment]::CurrentDirectory
        [Environment]::CurrentDirectory = $gone
        [IO.Directory]::Delete($gone)
        try {
            Get-PortSnapshot | Should -HaveCount 2
        }
        finally {
            [Environment]::CurrentDirectory = $before
        }
    }
}

Describe 'The worker''s bundle' {
    It 'that is not built is an error that says how to build it' {
        $script:module = Import-TestedModule
        & $module { $script:workerFile = '/nowhere/worker.cjs' }
        { Get-PortSnapshot } | Should -Throw -ErrorId 'PR_WORKER_MISSING,Get-PortSnapshot' (
            "PortReporter's worker is not built: there is no '/nowhere/worker.cjs'. " +
            "Run 'npm install' and 'npm run build' in *")
        Remove-Module PortReporter
    }
}
