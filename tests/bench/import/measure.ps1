# Measures one way of making objects of a log, in a PowerShell of its own, and prints one JSON line:
# how many objects, the milliseconds to all and to the first of them, the same the first time, and the
# most memory that the process and its worker had, in megabytes. .NET compiles what runs often some
# seconds later, while it runs many times as slowly, and does so on the processor that the worker would
# have; so all is done again and again for some seconds, and the middle one of the next times counts.
param([string] $Manifest, [string] $Way, [string] $File, [string] $Columns, [int] $Count)

function Get-Peak {
    param([int] $Id)

    foreach ($line in [IO.File]::ReadLines("/proc/$Id/status")) {
        if ($line -match '^VmHWM:\s+(\d+) kB') {
            return [int] $Matches[1] / 1024
        }
    }
}

$ways = @{
    Import = { Import-PRLog $File }
    Filter = { Import-PRLog $File -LocalPort 32800, 40100, 55555 }
    WithProcess = { Import-PRLog $File -WithProcess }
    ImportCsv = { Import-Csv $File -Header ($Columns -split ',') }
    Floor = { for ($i = 0; $i -lt $Count; $i += $objects.Length) { $objects } }
    Split = {
        $names = $Columns -split ','
        foreach ($line in [IO.File]::ReadLines($File)) {
            $fields = $line -split ','
            $record = [ordered]@{}
            for ($i = 0; $i -lt $names.Length; $i++) { $record[$names[$i]] = $fields[$i] }
            [pscustomobject] $record
        }
    }
}

[object[]] $objects = @([pscustomobject] @{ Port = 80 }) * 1000

Import-Module $Manifest
$module = Get-Module PortReporter
# The worker runs, as in any session after the first command.
$null = Get-PortSnapshot -LocalPort 1

$warmSeconds = 10
$counting = 3
$since = [Diagnostics.Stopwatch]::StartNew()
$warm = $null
$runs = for ($run = 0; $null -eq $warm -or $run -lt $warm + $counting; $run++) {
    if ($null -eq $warm -and $run -gt 0 -and $since.Elapsed.TotalSeconds -gt $warmSeconds) {
        $warm = $run
    }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $seen = @{ count = 0; first = -1.0 }
    & $ways[$Way] | & {
        process {
            if ($seen.count++ -eq 0) { $seen.first = $watch.Elapsed.TotalMilliseconds }
        }
    }
    @{
        rows = $seen.count
        milliseconds = $watch.Elapsed.TotalMilliseconds
        first = $seen.first
    }
}
$worker = & $module { foreach ($each in $script:idleWorkers) { $each.Process.Id } }
[object[]] $counted = $runs[-$counting..-1]
[Array]::Sort([double[]] $counted.milliseconds, $counted)
$result = $counted[1] + @{
    newShell = $runs[0]
    memory = Get-Peak $PID
    workerMemory = Get-Peak $worker
    host = "PowerShell $($PSVersionTable.PSVersion) ($($Host.Name))"
}
[Console]::Out.WriteLine([Text.Json.JsonSerializer]::Serialize($result, [Collections.IDictionary]))
Remove-Module PortReporter
