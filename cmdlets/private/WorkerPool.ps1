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

# A worker for one request. Those left over end once they have been idle for a minute: looking at
# them here needs no timer, which would need a script block on a .NET event.
function Get-Worker {
    param([Management.Automation.PSCmdlet] $Cmdlet)

    $node = Find-Node $Cmdlet
    $oldest = [datetime]::UtcNow - $script:idleTime
    $chosen = $worker = $null
    $kept = [Collections.Generic.Stack[object]]::new()
    while ($script:idleWorkers.TryPop([ref] $worker)) {
        if (-not $chosen -and $worker.Node -eq $node -and (Test-WorkerReady $worker)) {
            $chosen = $worker
        }
        elseif ($chosen -and $worker.Node -eq $node -and $worker.IdleSince -gt $oldest) {
            $kept.Push($worker)
        }
        else {
            Close-Worker $worker
        }
    }
    foreach ($worker in $kept) {
        $script:idleWorkers.Push($worker)
    }
    $chosen ?? (Open-Worker $Cmdlet $node)
}

function Add-IdleWorker {
    param([object] $Worker)

    if ($script:moduleRemoved) {
        Close-Worker $Worker $script:endTime
        return
    }
    $Worker.IdleSince = [datetime]::UtcNow
    $script:idleWorkers.Push($Worker)
}

function Close-WorkerPool {
    $script:moduleRemoved = $true
    $worker = $null
    while ($script:idleWorkers.TryPop([ref] $worker)) {
        Close-Worker $worker $script:endTime
    }
}
