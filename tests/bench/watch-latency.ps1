<#
.SYNOPSIS
Measures how long a change takes from the kernel's event to the object in the pipeline.

.DESCRIPTION
A process of its own makes connections at a steady pace. The delay of a change is the time at which
its object arrives, less the time it carries; both are of the same clock.

.EXAMPLE
pwsh -NoProfile -File tests/bench/watch-latency.ps1 -Connections 1000 -PerSecond 100
#>
[CmdletBinding()]
param(
    [int] $Connections = 500,
    [int] $PerSecond = 100,
    [string] $Source = 'Kernel'
)

$root = [IO.Path]::GetFullPath("$PSScriptRoot/../..")
Import-Module "$root/PortReporter.psd1"

$traffic = @"
const net = require('node:net');
const server = net.createServer((socket) => socket.resume().end());
server.listen(0, '127.0.0.1', async () => {
  process.stdin.once('data', async () => {
    for (let i = 0; i < $Connections; i++) {
      net.connect(server.address().port, '127.0.0.1').resume().end();
      await new Promise((resolve) => setTimeout(resolve, 1000 / $PerSecond));
    }
    setTimeout(() => process.exit(), 500);
  });
});
"@

$start = [Diagnostics.ProcessStartInfo]::new('node', [string[]] ('-e', $traffic))
$start.RedirectStandardInput = $true
$process = [Diagnostics.Process]::Start($start)
$delays = [Collections.Generic.List[double]]::new()
$asking = @{ ProcessId = $process.Id; Source = $Source }
$asking.Change = 'Appeared', 'Changed', 'Disappeared'
Watch-PortActivity @asking -Verbose 4>&1 | ForEach-Object {
    if ($_ -is [Management.Automation.VerboseRecord]) {
        $Host.UI.WriteLine("$_")
        if ("$_" -like 'Watching by *') { $process.StandardInput.WriteLine('go') }
    }
    elseif ($_.Source -eq $Source) {
        $delays.Add(([datetime]::Now - $_.Time).TotalMilliseconds)
    }
}

$delays.Sort()
$within = foreach ($share in 0.5, 0.9, 0.99, 1) {
    $index = [int] [Math]::Ceiling($delays.Count * $share) - 1
    '{0:p0}: {1:n1}' -f $share, $delays[$index]
}
"$Connections connections at $PerSecond a second: $($delays.Count) changes by $Source"
"ms from event to object, PowerShell $($PSVersionTable.PSVersion): $($within -join ', ')"
