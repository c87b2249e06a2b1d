# Measures Get-PortSnapshot inside one PowerShell that stays open. Reads a JSON command a line from
# standard input and answers each with one JSON line, which begins with '{': run.ts takes the turns.
param([string] $Manifest)

Import-Module $Manifest
$module = Get-Module PortReporter

# The cmdlet has no parameter that forces a source: this asks as the cmdlet does, with one.
& $module {
    function script:Get-ForcedSnapshot {
        [CmdletBinding()]
        param([string] $Source)

        $request = Open-WorkerRequest $PSCmdlet
        try {
            Send-WorkerRequest $request 'snapshot' @{ source = $Source }
            Read-Snapshot $request $false
        }
        finally {
            try { Close-WorkerRequest $request }
            finally { Close-WorkerRequest $request }
        }
    }
}

function Measure-Snapshot {
    param([string] $Source)

    $watch = [Diagnostics.Stopwatch]::StartNew()
    $endpoints = $Source ? (& $module Get-ForcedSnapshot $Source) : (Get-PortSnapshot)
    @{ milliseconds = $watch.Elapsed.TotalMilliseconds; count = @($endpoints).Count }
}

# How long a pipeline waits for its first object; the rest is let through and forgotten.
function Measure-FirstObject {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $first = @(-1.0)
    Get-PortSnapshot | & {
        process {
            if ($first[0] -lt 0) {
                $first[0] = $watch.Elapsed.TotalMilliseconds
            }
        }
    }
    @{ milliseconds = $first[0] }
}

# The lines of an answer, from memory: what PowerShell needs when the worker takes no time at all.
function Measure-Conversion {
    param([string] $File)

    $lines = [IO.File]::ReadAllLines($File)
    & $module {
        param([string[]] $Lines)

        $watch = [Diagnostics.Stopwatch]::StartNew()
        $stream = [RecordStream]::new()
        $reader = Get-RecordReader ([PortEndpoint])
        $endpoints = foreach ($line in $Lines) {
            $answer = [Text.Json.JsonSerializer]::Deserialize($line, [WorkerAnswer])
            Add-RecordTemplate $stream $answer
            if ($answer.endpoints) {
                $reader.Invoke($answer.endpoints, $stream)
            }
        }
        @{ milliseconds = $watch.Elapsed.TotalMilliseconds; count = @($endpoints).Count }
    } $lines
}

# The objects as lines of tab-separated values, for the comparison with the other tools.
function Save-Snapshot {
    param([string] $Source, [string] $File)

    $endpoints = $Source ? (& $module Get-ForcedSnapshot $Source) : (Get-PortSnapshot)
    $lines = foreach ($it in $endpoints) {
        $pids = (@($it.OwningProcess) + $it.SharedWith) -ne $null -join ','
        "$($it.Protocol)`t$($it.LocalAddress):$($it.LocalPort)`t" +
            "$($it.RemoteAddress):$($it.RemotePort)`t$($it.State)`t$pids"
    }
    [IO.File]::WriteAllLines($File, [string[]] $lines)
    @{ count = $lines.Count }
}

# Which way is taken where none is forced: the worker says so with -Verbose.
function Get-Source {
    $messages = Get-PortSnapshot -LocalPort 1 -Verbose 4>&1
    @{ text = (@($messages) -match '^Read by ' -replace '^Read by |\.$') -join '' }
}

while ($null -ne ($line = [Console]::In.ReadLine())) {
    $command = [Text.Json.JsonSerializer]::Deserialize($line, [Collections.Generic.Dictionary[string, string]])
    $answer = switch ($command.do) {
        'snapshot' { Measure-Snapshot $command['source'] }
        'first' { Measure-FirstObject }
        'conversion' { Measure-Conversion $command['file'] }
        'save' { Save-Snapshot $command['source'] $command['file'] }
        'source' { Get-Source }
        'ready' {
            $name = "PowerShell $($PSVersionTable.PSVersion) ($($Host.Name))"
            @{ text = $name; pid = $PID } # a .NET tool runs it in a process below the one it is
        }
    }
    [Console]::Out.WriteLine([Text.Json.JsonSerializer]::Serialize($answer, [Collections.IDictionary]))
}
Remove-Module PortReporter
