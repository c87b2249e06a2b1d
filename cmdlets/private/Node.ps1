# Finds the Node that runs the worker: PORTREPORTER_NODE, then one that came with the module, then
# PATH.

$script:oldestNode = 20
$script:nodeAnswerTime = 30000

# Major versions of the programs asked so far, by path.
$script:nodeVersions = [Collections.Generic.Dictionary[string, int]]::new()

function Find-Node {
    param([Management.Automation.PSCmdlet] $Cmdlet)

    $setting = $env:PORTREPORTER_NODE
    $name = $IsWindows ? 'node.exe' : 'node'
    $bundled = "$script:moduleRoot/node/$name", "$script:moduleRoot/node/bin/$name"
    foreach ($candidate in $setting ? $setting : ($bundled + $name)) {
        $node = Find-Program $candidate
        if ($node) {
            return $node
        }
    }
    $message = $setting ? "PORTREPORTER_NODE is '$setting', and there is no such program." :
        'PortReporter needs Node, and there is none on PATH.'
    $hint = "Install Node $script:oldestNode or later (https://nodejs.org), " +
        'or set PORTREPORTER_NODE to its path.'
    $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_NODE_MISSING' $message $hint $setting))
}

# A path, or a name on PATH, which may not be set. The engine's own GetCommand takes 90 ms to find
# that there is none. An empty entry would be the folder in which this process happens to be.
function Find-Program {
    param([string] $Name)

    $folders = $Name.Contains('/') -or $Name.Contains('\') ? $PWD.ProviderPath :
        "$env:PATH".Split([IO.Path]::PathSeparator, [StringSplitOptions]::RemoveEmptyEntries)
    foreach ($folder in $folders) {
        $path = [IO.Path]::Combine($folder, $Name)
        if ([IO.File]::Exists($path)) {
            return $path
        }
    }
}

# A terminating error of $Cmdlet where this Node is too old, or is none. Asked once for each path.
function Assert-NodeVersion {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Node)

    $version = 0
    if (-not $script:nodeVersions.TryGetValue($Node, [ref] $version)) {
        $answer = Get-NodeAnswer $Node
        if (-not [int]::TryParse($answer.TrimStart('v').Split('.')[0], [ref] $version)) {
            $reason = "it says '$($answer.Trim().Split("`n")[0].Trim())'"
            $Cmdlet.ThrowTerminatingError((Get-UnusableNodeRecord $Node $reason))
        }
        $script:nodeVersions[$Node] = $version
    }
    if ($version -lt $script:oldestNode) {
        $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_NODE_TOO_OLD' (
                "PortReporter needs Node $script:oldestNode or later, but '$Node' is version " +
                "$version.") (
                'Install a newer Node, or set PORTREPORTER_NODE to the path of one.') $Node))
    }
}

function Get-UnusableNodeRecord {
    param([string] $Node, [string] $Reason)

    Get-ErrorRecord 'PR_NODE_UNUSABLE' "'$Node' does not run as Node: $Reason." (
        'Set PORTREPORTER_NODE to the path of a working Node, or take it away.') $Node
}

# Node answers --version in a few milliseconds, before it starts its engine.
function Get-NodeAnswer {
    param([string] $Node)

    $process = [Diagnostics.Process]::Start((Get-NodeStartInfo $Node '--version'))
    try {
        $process.StandardInput.Close()
        $reading = [Threading.Tasks.Task]::WhenAll([Threading.Tasks.Task[string][]] @(
                $process.StandardOutput.ReadToEndAsync(), $process.StandardError.ReadToEndAsync()))
        $end = [datetime]::UtcNow.AddMilliseconds($script:nodeAnswerTime)
        while (-not $reading.Wait($script:shortWait)) {
            if ([datetime]::UtcNow -gt $end) {
                return 'nothing'
            }
        }
        -join $reading.Result
    }
    finally {
        if (-not $reading.IsCompleted) {
            $process.Kill($true)
        }
        $process.Dispose()
    }
}

# All three streams are ours, as UTF-8 without a byte order mark, and no window opens.
function Get-NodeStartInfo {
    param([string] $Node, [string[]] $ArgumentList)

    $start = [Diagnostics.ProcessStartInfo]::new($Node)
    foreach ($argument in $ArgumentList) {
        $start.ArgumentList.Add($argument)
    }
    $utf8 = [Text.UTF8Encoding]::new($false)
    foreach ($stream in 'Input', 'Output', 'Error') {
        $start."RedirectStandard$stream" = $true
        $start."Standard${stream}Encoding" = $utf8
    }
    $start.CreateNoWindow = $true
    # The user's folder may be deleted meanwhile, and Node does not start in one that is.
    $start.WorkingDirectory = $script:moduleRoot
    # It costs each start of Node 60 ms and the worker opens no TLS connection.
    $null = $start.Environment.Remove('NODE_EXTRA_CA_CERTS')
    # What is meant for the user's own programs: a debugger's (--inspect) would open a port of ours,
    # and its --require would run in here.
    $null = $start.Environment.Remove('NODE_OPTIONS')
    $start
}
