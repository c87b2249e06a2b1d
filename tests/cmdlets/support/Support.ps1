# What the tests share: the module under test, programs that open sockets, and shells to look into
# from outside. Dot-source it in BeforeAll. Only core cmdlets and .NET, as everywhere.

$script:supportFolder = $PSScriptRoot
$script:manifest = [IO.Path]::GetFullPath(
    [IO.Path]::Combine($PSScriptRoot, '..', '..', '..', 'PortReporter.psd1'))

# A fresh import in strict mode; with -Fake its worker is the one that misbehaves on demand, and with
# -Patient a worker that was cancelled has as long as it takes on a busy machine, before it is ended.
function Import-TestedModule {
    param([switch] $Fake, [switch] $Patient)

    if (Get-Module PortReporter) {
        Remove-Module PortReporter
    }
    $module = Import-Module $script:manifest -PassThru -Scope Global
    # Dot-sourced: it holds for the scope it is said in, and those below.
    . $module { Set-StrictMode -Version Latest }
    if ($Fake) {
        $worker = [IO.Path]::Combine($script:supportFolder, 'fake-worker.mjs')
        & $module { $script:workerFile = $args[0] } $worker
    }
    if ($Patient) {
        & $module { $script:endTime = 60000 }
    }
    $module
}

function Open-Program {
    param([string] $Name, [string[]] $ArgumentList, [hashtable] $Environment = @{})

    $start = [Diagnostics.ProcessStartInfo]::new($Name)
    foreach ($argument in $ArgumentList) { $start.ArgumentList.Add($argument) }
    foreach ($name in $Environment.Keys) { $start.Environment[$name] = $Environment[$name] }
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    [Diagnostics.Process]::Start($start)
}

# Sets a scene of sockets.mjs, and gives its facts and, as Process, the program that keeps it up.
# -Before is a program to run it under, with its arguments.
function Open-Scene {
    param([string[]] $Scene, [string[]] $Before = @())

    $program = [IO.Path]::Combine($script:supportFolder, 'sockets.mjs')
    $name, $arguments = $Before + 'node' + $program + $Scene
    Read-SceneFact (Open-Program -Name $name -ArgumentList $arguments)
}

function Read-SceneFact {
    param([Diagnostics.Process] $Process)

    $reading = $Process.StandardOutput.ReadLineAsync()
    if (-not $reading.Wait(60000) -or -not $reading.Result) {
        $Process.Kill($true)
        throw 'The scene was not set.'
    }
    $facts = [Text.Json.JsonSerializer]::Deserialize($reading.Result,
        [Collections.Generic.Dictionary[string, Text.Json.JsonElement]])
    $scene = @{ Process = $Process }
    foreach ($fact in $facts.GetEnumerator()) {
        $scene[$fact.Key] = $fact.Value.ValueKind -eq 'Array' ?
            @($fact.Value.EnumerateArray().ForEach({ $_.GetInt32() })) : $fact.Value.GetInt32()
    }
    $scene
}

function Close-Scene {
    param([hashtable] $Scene)

    if ($Scene) {
        $Scene.Process.StandardInput.Close()
        if (-not $Scene.Process.WaitForExit(5000)) {
            $Scene.Process.Kill($true)
        }
    }
}

# The endpoints of a scene at one of its ports. Others may have the port too: at another address, or
# in a namespace of their own.
function Get-Endpoint {
    param([hashtable] $Scene, [int] $Port, [hashtable] $Filter = @{})

    $all = @{ LocalPort = $Port; ProcessId = $Scene.pid }
    foreach ($name in $Filter.Keys) { $all[$name] = $Filter[$name] }
    Get-PortSnapshot @all
}

# Looks again until the block gives something; sockets and processes take their time.
function Wait-Until {
    param([scriptblock] $Condition, [int] $Milliseconds = 30000)

    $end = [datetime]::UtcNow.AddMilliseconds($Milliseconds)
    do {
        $result = & $Condition
        if ($result) {
            return $result
        }
        [Threading.Thread]::Sleep(50)
    } while ([datetime]::UtcNow -lt $end)
}

function Test-Running {
    param([int] $Id)

    try {
        -not [Diagnostics.Process]::GetProcessById($Id).HasExited
    }
    catch [ArgumentException], [InvalidOperationException] {
        $false
    }
}

# The words that start a shell of this host: its program, and where that is `dotnet`, as it is for a
# pwsh that was installed as a .NET tool, the assembly that it runs.
function Get-ShellWord {
    $program = [Environment]::ProcessPath
    $program
    if ([IO.Path]::GetFileNameWithoutExtension($program) -eq 'dotnet') {
        [Environment]::GetCommandLineArgs()[0]
    }
}

# A shell of this host that runs a command. -Before as in Open-Scene.
function Open-Shell {
    param(
        [string] $Command,
        [string[]] $Before = @(),
        [hashtable] $Environment = @{ NO_COLOR = '1' }
    )
    $options = '-NoProfile', '-NonInteractive', '-Command', $Command
    $name, $arguments = $Before + (Get-ShellWord) + $options
    Open-Program -Name $name -ArgumentList $arguments -Environment $Environment
}

# What a shell of this host prints for a command, outside this process.
function Get-ShellOutput {
    param([string] $Command, [string[]] $Before, [hashtable] $Environment)

    $process = Open-Shell @PSBoundParameters
    $process.StandardInput.Close()
    $process.StandardOutput.ReadToEnd()
    $process.WaitForExit()
}
