# Records of logs, written as they come. Trouble with a line or a file is an error that ends nothing.

function Read-Record {
    param([object] $Request, [switch] $WithProcess)

    $answerType = $WithProcess ? [JoinedImportAnswer] : [ImportAnswer]
    $recordType = $WithProcess ? [PRJoinedRecord] : [PRPortRecord]
    $reader = Get-RecordReader $recordType
    $streams = @{}
    while ($answer = Read-WorkerAnswer $Request $answerType) {
        $processes = $answer.processes ?? $answer.initial
        if ($processes) {
            Add-LoggedEndpoint $processes $answer
        }
        if ($answer.records) {
            $stream = Get-RecordStream $streams $answer
            $reader.Invoke($answer.records, $stream)
        }
        elseif ($processes) {
            $processes
        }
        else {
            Write-ReadingError $Request.Cmdlet $answer
        }
    }
}

# What is known of a stream, with what the answer adds.
function Get-RecordStream {
    param([Collections.IDictionary] $Streams, [object] $Answer)

    $stream = $Streams[$Answer.stream] ??= [RecordStream]::new()
    Add-RecordTemplate $stream $Answer
    if ($Answer.restartProcesses) {
        $stream.Processes = [Collections.Generic.List[object]]::new()
    }
    if ($Answer.processes) {
        $stream.Processes.AddRange($Answer.processes)
    }
    $stream
}

function Write-ReadingError {
    param([Management.Automation.PSCmdlet] $Cmdlet, [object] $Answer)

    foreach ($line in $Answer.badLines) {
        $message = "$($line.File), line $($line.LineNumber): expected $($line.Expected), " +
            "but got '$($line.Came)'."
        $message = [regex]::Replace($message, '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]', '?')
        $Cmdlet.WriteError((Get-ErrorRecord 'PR_LINE_INVALID' $message '' $line))
    }
    $problem = $Answer.problem
    if ($problem) {
        $Cmdlet.WriteError((
                Get-ErrorRecord $problem.code $problem.message $problem.hint $problem.target))
    }
}
