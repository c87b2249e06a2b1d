# A request and its answer, line by line:
#
#     $request = Open-WorkerRequest $PSCmdlet
#     try {
#         Send-WorkerRequest $request 'snapshot' @{ ... }
#         while ($answer = Read-WorkerAnswer $request) { ... }
#     }
#     finally {
#         try { Close-WorkerRequest $request }
#         finally { Close-WorkerRequest $request }
#     }
#
# Ctrl+C may come between any two statements. Between the first one and `try` a request has no worker
# yet. In a finally block that was entered without it, it interrupts the closing, even before that
# begins; the second time nothing does any more.
#
# What is the same for every cmdlet (warnings, progress, errors, a worker that dies) ends here, and
# errors are those of the public cmdlet, so that they show at the user's own line.

# That of docs/protocol.md, as the worker's own (ts-worker/src/protocol/server.ts).
$script:protocolNumber = 4

function Open-WorkerRequest {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [datetime] $Deadline = [datetime]::MaxValue,
        [string] $Node,
        [int] $Patience = $script:endTime
    )
    $request = [WorkerRequest]::new()
    $request.Cmdlet = $Cmdlet
    $request.Deadline = $Deadline
    $request.Node = $Node
    $request.Patience = $Patience
    $request
}

function Send-WorkerRequest {
    param(
        [WorkerRequest] $Request,
        [string] $Method,
        [Collections.IDictionary] $Parameters
    )
    Add-Worker $Request
    $Request.Worker.RequestId++
    $text = [Text.Json.JsonSerializer]::Serialize([ordered]@{
            id = $Request.Worker.RequestId
            method = $Method
            params = $Parameters
            protocol = $script:protocolNumber
        }, [Collections.IDictionary])
    # One that does not take the request is gone, which the first reading says better.
    $null = Send-WorkerLine $Request.Worker $text
}

# The next answer that carries data; null at the end.
function Read-WorkerAnswer {
    param([WorkerRequest] $Request, [type] $Type = [WorkerAnswer])

    while ($Request.Worker.OwesEnd) {
        $answer = Read-WorkerAnswerLine $Request $Type
        if ($answer.end) {
            return
        }
        elseif ($answer.error) {
            $problem = $answer.error
            $Request.Cmdlet.ThrowTerminatingError((
                    Get-ErrorRecord $problem.code $problem.message $problem.hint $problem.target))
        }
        elseif ($answer.warning -or $answer.verbose -or $answer.progress) {
            Show-WorkerNotice $Request.Cmdlet $answer
        }
        else {
            return $answer
        }
    }
}

function Read-WorkerAnswerLine {
    param([WorkerRequest] $Request, [type] $Type)

    $line = $null
    try {
        $line = Read-WorkerLine $Request.Worker $Request.Deadline
        if ($null -ne $line) {
            return [Text.Json.JsonSerializer]::Deserialize($line, $Type)
        }
        $ending = Get-WorkerEnding $Request.Worker
        $record = Get-ErrorRecord 'PR_WORKER_DIED' (
            "PortReporter's worker ended in the middle of its answer: $ending`n") (
            'Run the command again, which starts another worker. If that ends as well, build it ' +
            "anew: 'npm install' and 'npm run build' in '$script:moduleRoot'.")
    }
    catch [Text.Json.JsonException] {
        $start = $line.Substring(0, [Math]::Min(80, $line.Length))
        $record = Get-ErrorRecord 'PR_ANSWER_INVALID' (
            "PortReporter's worker sent what is not an answer: $start") (
            'Is the worker of the same version as the module?')
    }
    Close-Worker $Request.Worker
    $Request.Worker = $null
    $Request.Cmdlet.ThrowTerminatingError($record)
}

function Show-WorkerNotice {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Answer)

    if ($Answer.warning) {
        $Cmdlet.WriteWarning($Answer.warning.message)
    }
    if ($Answer.verbose) {
        $Cmdlet.WriteVerbose($Answer.verbose)
    }
    if ($Answer.progress) {
        $bar = [Management.Automation.ProgressRecord]::new(
            0, $Answer.progress.activity, $Answer.progress.status)
        $bar.PercentComplete = $Answer.progress.percent
        $Cmdlet.WriteProgress($bar)
    }
}

# Runs in a finally block: also after Ctrl+C and where Select-Object -First ended the pipeline. The
# worker is cancelled and waited for, or killed, so that nothing goes on behind the prompt.
function Close-WorkerRequest {
    param([WorkerRequest] $Request)

    Restore-OtherWorker $Request
    $worker = $Request.Worker ?? $Request.Hand[0]
    if ($null -eq $worker) {
        return
    }
    if ($worker.OwesEnd) {
        $null = Send-WorkerLine $worker "{`"cancel`":$($worker.RequestId)}"
    }
    # Who has a deadline can't wait here; who takes the worker next will.
    $ready = $Request.Deadline -lt [datetime]::MaxValue -or (Test-WorkerReady $worker $Request.Patience)
    if ($ready -and -not $script:moduleRemoved) {
        $worker.IdleSince = [datetime]::UtcNow
        # In one statement: a worker that lies there twice would get two requests at a time.
        $Request.Worker = $Request.Hand[0] = $script:idleWorkers.Push($worker)
    }
    else {
        Close-Worker $worker
        $Request.Worker = $Request.Hand[0] = $null
    }
}
