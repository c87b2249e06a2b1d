# The idle workers of this process, the one used last on top. A request takes one, or starts another
# where all are busy: so cmdlets of the module can stand in one pipeline, or run inside one another.
#
# Every runspace imports a module of its own (ForEach-Object -Parallel, thread jobs). They share the
# pool, for a worker costs a tenth of a second to start and nothing to hand over: a Worker is plain
# data, and belongs to one request at a time.

$script:idleTime = [timespan]::FromMinutes(1)
$script:moduleRemoved = $false

$script:idleWorkers = & {
    $name = "PortReporter idle workers of $script:moduleRoot"
    $workers = [AppDomain]::CurrentDomain.GetData($name)
    if ($null -eq $workers) {
        $workers = [Collections.Concurrent.ConcurrentStack[object]]::new()
        [AppDomain]::CurrentDomain.SetData($name, $workers)
    }
    , $workers
}

# Gives the request the worker that was used last, or a new one. Ctrl+C may come between any two
# statements and must not lose it: so the call that takes it out of the pool lays it into the
# request's own hand.
function Add-Worker {
    param([object] $Request)

    $node = $Request.Node ? $Request.Node : (Find-Node $Request.Cmdlet)
    while (-not $Request.Worker -and $script:idleWorkers.TryPopRange($Request.Hand)) {
        $Request.Worker = $worker = $Request.Hand[0]
        $Request.Hand[0] = $null
        if ($worker.Node -ne $node -or -not (Test-WorkerReady $worker)) {
            Close-Worker $worker
            $Request.Worker = $null
        }
    }
    Close-StaleWorker $Request
    if (-not $Request.Worker) {
        Open-Worker $Request $node
    }
}

# Ends workers that have been idle for a minute while others were used. Looking at them at each
# request needs no timer, which would need a script block on a .NET event.
function Close-StaleWorker {
    param([object] $Request)

    $oldest = [datetime]::UtcNow - $script:idleTime
    $Request.Others = [object[]]::new($script:idleWorkers.Count)
    $null = $script:idleWorkers.TryPopRange($Request.Others)
    for ($i = 0; $i -lt $Request.Others.Length; $i++) {
        if ($Request.Others[$i] -and $Request.Others[$i].IdleSince -le $oldest) {
            Close-Worker $Request.Others[$i]
            $Request.Others[$i] = $null
        }
    }
    Restore-OtherWorker $Request
}

# Puts those that were looked through back, the one used last on top.
function Restore-OtherWorker {
    param([object] $Request)

    [object[]] $idle = $Request.Others.Where({ $_ })
    if ($idle) {
        [Array]::Reverse($idle)
        # In one statement, so that no Ctrl+C leaves one in both places or in none.
        $Request.Others, $null = @(), $script:idleWorkers.PushRange($idle)
    }
}

function Close-WorkerPool {
    $script:moduleRemoved = $true
    $worker = $null
    while ($script:idleWorkers.TryPop([ref] $worker)) {
        Close-Worker $worker $script:endTime
    }
}
