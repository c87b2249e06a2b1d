# The pool of workers, against a worker that misbehaves on demand (support/fake-worker.mjs).

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule -Fake

    # In the module, as its own functions see it.
    function Invoke-Inside {
        param([scriptblock] $Code)

        & (Get-Module PortReporter) $Code
    }

    function Get-WorkerId {
        (Get-PortSnapshot)[0].OwningProcess
    }
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'A warm worker' {
    It 'answers one call after the other' {
        Get-WorkerId | Should -Be (Get-WorkerId)
    }

    It 'is another one for a call inside a call' {
        $outer = Get-WorkerId
        $inner = Get-PortSnapshot | ForEach-Object { Get-WorkerId }
        $inner[0] | Should -Not -Be $outer
        $inner[1] | Should -Be $inner[0]
    }

    It 'serves every cmdlet of a pipeline' {
        $ids = [Collections.Generic.List[int]]::new()
        $null = Get-PortSnapshot | ForEach-Object { $ids.Add($_.OwningProcess); $_ } |
            Get-PortSnapshot | ForEach-Object { $ids.Add($_.OwningProcess) }
        $ids | Should -HaveCount 4
    }

    It 'is the only one that stays once others were idle for a minute' {
        $null = Get-PortSnapshot | ForEach-Object { Get-PortSnapshot }
        Invoke-Inside { $script:idleWorkers.Count } | Should -Be 2
        Invoke-Inside { $script:idleTime = [timespan]::Zero }
        $id = Get-WorkerId
        Invoke-Inside { $script:idleTime = [timespan]::FromMinutes(1) }
        Invoke-Inside { $script:idleWorkers.Count } | Should -Be 1
        Get-WorkerId | Should -Be $id
    }

    It 'is started in the module''s folder, without NODE_EXTRA_CA_CERTS' {
        $env:NODE_EXTRA_CA_CERTS = 'none.pem'
        try {
            $null = Import-TestedModule -Fake
            $said = (Get-PortSnapshot)[0].CommandLine
        }
        finally {
            [Environment]::SetEnvironmentVariable('NODE_EXTRA_CA_CERTS', $null)
        }
        $said | Should -Match '"certificates":null'
        $folder = [Text.Json.JsonEncodedText]::Encode([IO.Path]::GetDirectoryName($manifest)).Value
        $said.Contains("`"folder`":`"$folder`"") | Should -BeTrue
    }
}

Describe 'A worker that fails' {
    It 'that dies is an error with its last words' {
        $caught = { Get-PortSnapshot -ProcessName die } |
            Should -Throw -ErrorId 'PR_WORKER_DIED,*' -PassThru
        $message = $caught.Exception.Message
        $message | Should -BeLike "*exit code 3`nfirst line`nlong *`nError: the reason`n*"
        $message | Should -BeLike "*'npm run build' in '?*'."
        $message.Length | Should -BeLessThan 1000
        $caught.InvocationInfo.MyCommand.Name | Should -Be 'Get-PortSnapshot'
    }

    It 'that dies in its answer keeps what it said before' {
        $ports = [Collections.Generic.List[int]]::new()
        { Get-PortSnapshot -ProcessName die-midway | ForEach-Object { $ports.Add($_.LocalPort) } } |
            Should -Throw -ErrorId 'PR_WORKER_DIED,Get-PortSnapshot'
        $ports | Should -Be 1, 2, 3
    }

    It 'is replaced by the next call' {
        $before = Get-WorkerId
        { Get-PortSnapshot -ProcessName die } | Should -Throw
        Get-WorkerId | Should -Not -Be $before
    }

    It 'that died while it was idle is replaced without a word' {
        $before = Get-WorkerId
        [Diagnostics.Process]::GetProcessById($before).Kill()
        $null = Wait-Until { -not (Test-Running $before) }
        Get-WorkerId | Should -Not -Be $before
    }

    It 'that sends what is no answer is ended: <_>' -ForEach 'bad-json', 'wrong-type' {
        $before = Get-WorkerId
        { Get-PortSnapshot -ProcessName $_ } |
            Should -Throw -ErrorId 'PR_ANSWER_INVALID,Get-PortSnapshot'
        Wait-Until { -not (Test-Running $before) } | Should -BeTrue
        Get-WorkerId | Should -Not -Be $before
    }

    It 'may write more to its error stream than a pipe holds' {
        Get-PortSnapshot -ProcessName flood-errors | Should -HaveCount 1
        # It wrote 1.2 MB, some of it after its answer; the next calls let it go.
        Wait-Until {
            $null = Get-PortSnapshot
            Invoke-Inside { $script:idleWorkers.ToArray()[0].ErrorText.Length -lt 64kb }
        } | Should -BeTrue
    }

    It 'may say what this module does not know yet' {
        Get-PortSnapshot -ProcessName unknown | Should -HaveCount 1
    }
}

Describe 'A pipeline that stops' {
    BeforeAll {
        $null = Import-TestedModule -Fake -Patient

        # In the engine alone there is no Select-Object, but any error downstream ends a pipeline.
        function Get-FirstOnly {
            param([string] $Behaviour)

            $seen = [Collections.Generic.List[object]]::new()
            try {
                Get-PortSnapshot -ProcessName $Behaviour |
                    ForEach-Object { $seen.Add($_); throw 'enough' }
            }
            catch {
                "$_" | Should -Be 'enough'
            }
            $seen
        }
    }

    It 'cancels the worker, which is used again: <_>' -ForEach 'flood', 'late-end', 'many' {
        $before = Get-WorkerId
        (Get-FirstOnly $_).LocalPort | Should -Be 1
        Get-WorkerId | Should -Be $before
        (Get-PortSnapshot).LocalPort | Should -Be 1, 2
    }

    It 'ends a worker that does not stop' {
        $before = Get-WorkerId
        $patience = Invoke-Inside { $script:endTime; $script:endTime = 1000 }
        (Get-FirstOnly 'never-ends').LocalPort | Should -Be 1
        & (Get-Module PortReporter) { $script:endTime = $args[0] } $patience
        Wait-Until { -not (Test-Running $before) } | Should -BeTrue
        Get-WorkerId | Should -Not -Be $before
    }

    # The loop has an end of its own: a stop that comes when a finally block is just over is forgotten,
    # since the engine then puts back what it knew of stops before the block.
    It 'at any moment loses no worker' {
        $fake = [IO.Path]::Combine($supportFolder, 'fake-worker.mjs')
        $before = Get-WorkerId
        foreach ($time in 1..25) {
            $state = [initialsessionstate]::CreateDefault2()
            if ($IsWindows) { $state.ExecutionPolicy = 'Bypass' }
            $shell = [powershell]::Create($state).AddScript("
                `$module = Import-Module '$manifest' -PassThru
                & `$module { `$script:workerFile = '$fake'; `$script:endTime = 60000 }
                `$end = [datetime]::UtcNow.AddSeconds(10)
                while ([datetime]::UtcNow -lt `$end) { Get-PortSnapshot }")
            $null = $shell.BeginInvoke()
            [Threading.Thread]::Sleep(250 + [Random]::Shared.Next(200))
            $shell.Stop()
            $shell.Dispose()
            Invoke-Inside { $script:idleWorkers.Count } | Should -Be 1
        }
        Get-WorkerId | Should -Be $before
    }

    It 'cancels the worker when Select-Object has enough' -Tag NeedsUtility -Skip:(
        -not (Get-Command Select-Object -ErrorAction Ignore)) {
        $before = Get-WorkerId
        Get-PortSnapshot -ProcessName flood | Select-Object -First 1 | Should -HaveCount 1
        Get-WorkerId | Should -Be $before
    }
}

Describe 'Other runspaces and processes' {
    It 'share the workers: ForEach-Object -Parallel' {
        $null = Import-TestedModule -Fake
        $file = Invoke-Inside { $script:workerFile }
        $ids = 1..12 | ForEach-Object -ThrottleLimit 3 -Parallel {
            $module = Import-Module $using:manifest -PassThru
            & $module { $script:workerFile = $args[0] } $using:file
            (Get-PortSnapshot)[0].OwningProcess
        }
        $ids | Should -HaveCount 12
        $different = [Collections.Generic.HashSet[int]]::new([int[]] $ids)
        $different.Count | Should -BeLessThan 12
        Remove-Module PortReporter
        foreach ($id in $different) {
            Wait-Until { -not (Test-Running $id) } | Should -BeTrue
        }
        $null = Import-TestedModule -Fake
    }

    It 'work in a job, which leaves nothing behind' {
        $file = Invoke-Inside { $script:workerFile }
        $job = Start-Job {
            $module = Import-Module $using:manifest -PassThru
            & $module { $script:workerFile = $args[0] } $using:file
            Get-PortSnapshot
        }
        $found = $job | Wait-Job | Receive-Job
        Remove-Job $job
        $found | Should -HaveCount 2
        Wait-Until { -not (Test-Running $found[0].OwningProcess) } | Should -BeTrue
    }
}

Describe 'Remove-Module' {
    It 'ends every worker' {
        $null = Import-TestedModule -Fake
        $ids = Get-PortSnapshot | ForEach-Object { $_.OwningProcess; Get-WorkerId }
        Remove-Module PortReporter
        foreach ($id in $ids) {
            Wait-Until { -not (Test-Running $id) } | Should -BeTrue
        }
        $null = Import-TestedModule -Fake
    }

    It 'also ends the worker of a call that it happened in' {
        $id = Get-PortSnapshot | ForEach-Object {
            if (Get-Module PortReporter) { Remove-Module PortReporter }
            $_.OwningProcess
        }
        Wait-Until { -not (Test-Running $id[0]) } | Should -BeTrue
        $null = Import-TestedModule -Fake
    }
}

Describe 'The shell that ends' {
    It 'takes its workers with it' {
        $file = Invoke-Inside { $script:workerFile }
        $id = Get-ShellOutput "`$module = Import-Module '$manifest' -PassThru
            & `$module { `$script:workerFile = '$file' }
            (Get-PortSnapshot)[0].OwningProcess"
        [int] $id | Should -BeGreaterThan 0
        Wait-Until { -not (Test-Running $id) } | Should -BeTrue
    }
}

Describe 'What a worker says beside its answer' {
    It 'is a verbose line with -Verbose' {
        $said = Get-PortSnapshot -ProcessName verbose -Verbose 4>&1
        @($said).Message | Should -Contain 'A verbose line.'
    }

    It 'is a warning, once' {
        $quiet = @{ WarningVariable = 'script:warnings'; WarningAction = 'SilentlyContinue' }
        $endpoints = Get-PortSnapshot -ProcessName warning @quiet
        $endpoints | Should -HaveCount 1
        $warnings.Message | Should -Be 'Something is missing.'
    }

    It 'is an error with its code, its target and what to do' {
        $caught = { Get-PortSnapshot -ProcessName error } |
            Should -Throw -ErrorId 'PR_FILTER_INVALID,Get-PortSnapshot' -PassThru
        $caught.Exception.Message | Should -Be 'That is no name. Try another.'
        $caught.TargetObject | Should -Be 'error'
        $caught.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'leaves the worker usable after an error' {
        $before = Get-WorkerId
        { Get-PortSnapshot -ProcessName error } | Should -Throw
        Get-WorkerId | Should -Be $before
    }

    It 'may be progress' {
        Get-PortSnapshot -ProcessName progress | Should -HaveCount 1
    }
}
