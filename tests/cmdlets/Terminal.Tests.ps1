# Ctrl+C at a terminal, where it goes to the shell and to the worker alike; and the other ways in
# which a call is cut off from outside.

BeforeDiscovery {
    . $PSScriptRoot/support/Terminal.ps1
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    . $PSScriptRoot/support/Terminal.ps1

    $script:fakeWorker = [IO.Path]::Combine($supportFolder, 'fake-worker.mjs')

    # What a shell is told first: it says the id of its worker at once.
    $script:prepare = "`$module = Import-Module '$manifest' -PassThru
        & `$module { `$script:workerFile = '$fakeWorker' }
        [Console]::Out.WriteLine((Get-PortSnapshot)[0].OwningProcess);"

    # The shell's own words are put together, so that the typed line is not taken for its answer.
    function Invoke-Terminal {
        param([switch] $Fake, [hashtable[]] $Step)

        $worker = $Fake ? $fakeWorker : ''
        $setup = "$TestDrive/setup.ps1"
        [IO.File]::WriteAllText($setup, @"
            `$module = Import-Module '$manifest' -PassThru
            if ('$worker') { & `$module { `$script:workerFile = '$worker' } }
            else { & `$module { `$script:endTime = 60000 } } # it is not to be ended here
            function say { (-join `$args) + '!' }
            function answers { say 'count=' (@(Get-PortSnapshot).Count -gt 0) }
            function interrupted(`$Behaviour) {
                say 'run' 'ning'
                Get-PortSnapshot -ProcessName `$Behaviour | Out-Null
            }
            # Not for ever: now and then the engine forgets a stop (WorkerPool.Tests.ps1).
            function again {
                `$end = [datetime]::UtcNow.AddSeconds(10)
                say 'run' 'ning'
                while ([datetime]::UtcNow -lt `$end) { Get-PortSnapshot | Out-Null }
            }
            function id { & `$module { `$script:idleWorkers.ToArray().ForEach({ `$_.Process.Id }) } }
            function remember { `$null = Get-PortSnapshot; `$global:id = id; say 'noted=' `$true }
            function compare { say 'same=' ("`$(id)" -eq "`$global:id") }
            say 'is ' 'ready'
"@)
        $terminal = [IO.Path]::Combine($supportFolder, 'terminal.mjs')
        $steps = foreach ($each in $Step) {
            [Text.Json.JsonSerializer]::Serialize($each, [Collections.IDictionary])
        }
        $words = @($terminal, (Get-ShellLine), $setup) + $steps
        $process = Open-Program -Name node -ArgumentList $words
        $text = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $process.ExitCode | Should -Be 0
        [Text.Json.JsonSerializer]::Deserialize($text, [int[]])
    }
}

Describe 'Ctrl+C' -Skip:$noTerminal {
    # It takes a tenth of a second, and one second more where the worker must be killed: the limit
    # is that of a very busy machine.
    It 'ends a call whose worker <Does>, at once, and the next call answers' -ForEach @(
        @{ Does = 'is busy'; Behaviour = 'hang' }
        @{ Does = 'never stops sending'; Behaviour = 'flood' }
        @{ Does = 'hears nothing'; Behaviour = 'deaf' }
    ) {
        $times = Invoke-Terminal -Fake -Step @(
            @{ text = "interrupted $Behaviour"; mark = 'running!'; interrupt = $true }
            @{ text = 'answers'; mark = 'count=True!' }
        )
        $times[0] | Should -BeLessThan 30000
    }

    It 'leaves the real worker alive for the next call' {
        $null = Invoke-Terminal -Step @(
            @{ text = 'remember'; mark = 'noted=True!' }
            @{ text = 'again'; mark = 'running!'; interrupt = $true }
            @{ text = 'answers'; mark = 'count=True!' }
            @{ text = 'again'; mark = 'running!'; interrupt = $true }
            @{ text = 'compare'; mark = 'same=True!' }
        )
    }
}

Describe 'A pipe that breaks' -Skip:$noTerminal {
    It 'ends shell and worker' {
        $command = "$prepare (Get-PortSnapshot -ProcessName many).LocalPort"
        $pipe = "$(Get-ShellLine) -NoProfile -Command `"`$1`" | head -1"
        $shell = Open-Program -Name sh -ArgumentList '-c', $pipe, 'sh', $command
        $id = [int] $shell.StandardOutput.ReadLine()
        $shell.WaitForExit(60000) | Should -BeTrue
        Wait-Until { -not (Test-Running $id) } | Should -BeTrue
    }
}

Describe 'A shell that is killed' -Skip:$noTerminal {
    It 'leaves no worker behind' {
        $shell = Open-Shell "$prepare Get-PortSnapshot -ProcessName hang"
        $id = [int] $shell.StandardOutput.ReadLine()
        Test-Running $id | Should -BeTrue
        $shell.Kill()
        Wait-Until { -not (Test-Running $id) } | Should -BeTrue
    }
}
