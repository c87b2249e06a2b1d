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

# Gives the request the worker that was used last, or a new one. The request has it from the moment
# it is out of the pool: Ctrl+C may come at any statement, and must not lose it.
function Add-Worker {
    param([object] $Request)

    $node = $Request.Node ? $Request.Node : (Find-Node $Request.Cmdlet)
    $worker = $null
    while (-not $Request.Worker -and $script:idleWorkers.TryPop([ref] $worker)) {
        $Request.Worker = $worker
        if ($worker.Node -ne $node -or -not (Test-WorkerReady $worker)) {
            Close-Worker $worker
            $Request.Worker = $null
        }
    }
    Close-StaleWorker
    $Request.Worker ??= Open-Worker $Request.Cmdlet $node
}

# Ends workers that have been idle for a minute while others were used. Looking at them at each
# request needs no timer, which would need a script block on a .NET event.
function Close-StaleWorker {
    $oldest = [datetime]::UtcNow - $script:idleTime
    $others = [Collections.Generic.Stack[object]]::new()
    $worker = $null
    try {
        while ($script:idleWorkers.TryPop([ref] $worker)) {
            $others.Push($worker)
        }
        while ($others.Count -gt 0 -and $others.Peek().IdleSince -le $oldest) {
            Close-Worker $others.Peek()
            $null = $others.Pop()
        }
    }
    finally {
        foreach ($worker in $others) {
            $script:idleWorkers.Push($worker)
        }
    }
}

function Close-WorkerPool {
    $script:moduleRemoved = $true
    $worker = $null
    while ($script:idleWorkers.TryPop([ref] $worker)) {
        Close-Worker $worker $script:endTime
    }
}
