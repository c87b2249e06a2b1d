# One worker process and its three streams. Nothing here blocks without a way out: every wait is a
# row of short ones, between which the engine sees Ctrl+C. No script block hangs on a .NET event,
# since those run where there is no runspace and end the whole shell.

$script:shortWait = 50
$script:endTime = 1000
$script:mostErrorText = 65536
$script:poolThreads = 32
# Megabytes for what is made for a moment: with 16, as Node has it, nothing is quicker.
$script:smallHeap = '--max-semi-space-size=4'
# glibc otherwise keeps a store of free memory for each thread: 5 MB, and the worker hardly asks it
# for memory on two threads at a time.
$script:mostStores = '1'

# Starts a worker for the request, which has it from the beginning.
function Open-Worker {
    param([object] $Request, [string] $Node)

    if (-not [IO.File]::Exists($script:workerFile)) {
        $Request.Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_WORKER_MISSING' (
                "PortReporter's worker is not built: there is no '$script:workerFile'.") (
                "Run 'npm install' and 'npm run build' in '$script:moduleRoot'."
            ) $script:workerFile))
    }
    $worker = [Worker]::new()
    $worker.Node = $Node
    $usable = $false
    try {
        $Request.Worker = $worker
        Open-WorkerProcess $Request
        Connect-WorkerStream $worker
        # While it starts: is it new enough, and the 100 ms that the first rows and the first use of
        # JSON take.
        Assert-NodeVersion $Request.Cmdlet $Node
        $null = Get-RecordReader ([PortEndpoint])
        $null = [Text.Json.JsonSerializer]::Deserialize('{}', [WorkerAnswer])
        $usable = $true
    }
    finally {
        if (-not $usable) {
            Close-Worker $worker
            $Request.Worker = $null
        }
    }
}

function Open-WorkerProcess {
    param([object] $Request)

    $node = $Request.Worker.Node
    try {
        $start = Get-NodeStartInfo $node $script:smallHeap, $script:workerFile, 'serve'
        $start.Environment['MALLOC_ARENA_MAX'] = $script:mostStores
        $Request.Worker.Process = [Diagnostics.Process]::Start($start)
    }
    catch [ComponentModel.Win32Exception] {
        $Request.Cmdlet.ThrowTerminatingError((
                Get-UnusableNodeRecord $node $_.Exception.Message))
    }
}

# On Windows each pipe that is waited for holds a thread of .NET's pool. The pool makes as many as
# there are processors at once, and then one each half second: a request would wait for its own
# sending. This only lifts the number that it makes at once.
function Expand-ThreadPool {
    $threads = $ports = 0
    [Threading.ThreadPool]::GetMinThreads([ref] $threads, [ref] $ports)
    if ($threads -lt $script:poolThreads) {
        $null = [Threading.ThreadPool]::SetMinThreads($script:poolThreads, $ports)
    }
}

function Connect-WorkerStream {
    param([object] $Worker)

    if ($IsWindows) {
        Expand-ThreadPool
    }
    $process = $Worker.Process
    $Worker.Requests = $process.StandardInput
    $Worker.Requests.AutoFlush = $true
    $Worker.Requests.NewLine = "`n"
    # In the place of the process's own reader, which takes 4 KB at a time.
    $Worker.Answers = [IO.StreamReader]::new(
        $process.StandardOutput.BaseStream, $process.StandardOutput.CurrentEncoding, $false, 65536)
    $Worker.NextLine = $Worker.Answers.ReadLineAsync()
    $Worker.ErrorText = [IO.Stream]::Synchronized([IO.MemoryStream]::new())
    $Worker.ErrorCopy = $process.StandardError.BaseStream.CopyToAsync($Worker.ErrorText)
}

# The next line, or null where the worker is gone. Throws TimeoutException past the deadline.
function Read-WorkerLine {
    param([object] $Worker, [datetime] $Deadline = [datetime]::MaxValue)

    if ($Worker.ErrorText.Length -gt $script:mostErrorText) {
        $Worker.ErrorText.SetLength(0)
    }
    while (-not $Worker.NextLine.IsCompleted -and -not $Worker.NextLine.Wait($script:shortWait)) {
        if ([datetime]::UtcNow -gt $Deadline) {
            throw [TimeoutException]::new()
        }
    }
    $line = $Worker.NextLine.Result
    if ($null -ne $line) {
        # Both in one statement, where no Ctrl+C comes between. The next line is read while this one
        # is worked on.
        $Worker.OwesEnd, $Worker.NextLine = -not (
            $line.StartsWith('{"end"') -or $line.StartsWith('{"error"')
        ), $Worker.Answers.ReadLineAsync()
    }
    $line
}

# False where the worker is gone or does not listen.
function Send-WorkerLine {
    param([object] $Worker, [string] $Line)

    try {
        # In one statement, too: what was not sent is not answered.
        $Worker.OwesEnd, $writing = $true, $Worker.Requests.WriteLineAsync($Line)
        while (-not $writing.Wait($script:shortWait)) { }
        $true
    }
    catch [AggregateException], [InvalidOperationException] {
        $false
    }
}

# Reads what is left of a cancelled answer. False where the worker does not come to its end in time.
function Test-WorkerReady {
    param([object] $Worker, [int] $Patience = $script:endTime)

    try {
        $deadline = [datetime]::UtcNow.AddMilliseconds($Patience)
        while ($Worker.OwesEnd) {
            if ($null -eq (Read-WorkerLine $Worker $deadline)) {
                return $false
            }
        }
        # Between two requests a worker has nothing to say, so a line that ended is its end.
        -not $Worker.NextLine.IsCompleted -and -not $Worker.Process.HasExited
    }
    catch [TimeoutException], [AggregateException], [InvalidOperationException] {
        # The last one: Ctrl+C came when it was just closed.
        $false
    }
}

# How a worker ended: its exit code and the last things it wrote for people, less the stack. A bundle
# that is damaged is quoted with the line where it breaks, and its lines are long.
function Get-WorkerEnding {
    param([object] $Worker)

    $null = [Threading.Tasks.Task]::WaitAny(@($Worker.ErrorCopy), $script:endTime)
    $exited = $Worker.Process.WaitForExit($script:endTime)
    $Worker.ErrorText.Position = 0
    $text = [IO.StreamReader]::new($Worker.ErrorText).ReadToEnd()
    [string[]] $lines = $text -split '\r?\n' -notmatch '^\s*(at .*|\^+)?$'
    $how = $exited ? "exit code $($Worker.Process.ExitCode)" : 'its output closed'
    $last = foreach ($line in [Linq.Enumerable]::TakeLast($lines, 5)) {
        $line.Substring(0, [Math]::Min(160, $line.Length))
    }
    @($how) + $last -join "`n"
}

# A worker ends by itself when its input closes. One that does not, or that is given no time to, is
# killed with whatever it started.
function Close-Worker {
    param([object] $Worker, [int] $Patience = 0)

    if (-not $Worker.Process) {
        return
    }
    try {
        if ($Patience -gt 0) {
            $Worker.Requests.Close()
        }
        if (-not $Worker.Process.WaitForExit($Patience)) {
            $Worker.Process.Kill($true)
        }
    }
    catch [InvalidOperationException], [IO.IOException] {
        # It ended meanwhile.
        $null = $_
    }
    finally {
        $Worker.Process.Dispose()
    }
}
