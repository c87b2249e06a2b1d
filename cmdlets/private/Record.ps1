# From the worker's columns to the records of logs, as ConvertTo-PortEndpoint does it for endpoints.

function ConvertTo-PRPortRecord {
    param(
        [object] $Columns,
        [Collections.IList] $Templates,
        [object[]] $Processes
    )
    if ($null -eq $Columns) {
        return
    }
    $copy = $script:copyObject
    $times = $Columns.Time
    $localAddresses = $Columns.LocalAddress
    $localPorts = $Columns.LocalPort
    $remoteAddresses = $Columns.RemoteAddress
    $remotePorts = $Columns.RemotePort
    $lineNumbers = $Columns.LineNumber
    $numbers = $Columns.Template
    $places = $Columns.ProcessRecord
    for ($i = 0; $i -lt $numbers.Length; $i++) {
        $record = $copy.Invoke($Templates[$numbers[$i]])
        $record.Time = $times[$i]
        $record.LineNumber = $lineNumbers[$i]
        if ($null -ne $localAddresses[$i]) {
            $record.LocalAddress = $localAddresses[$i]
            $record.LocalPort = $localPorts[$i]
        }
        if ($null -ne $remoteAddresses[$i]) {
            $record.RemoteAddress = $remoteAddresses[$i]
            $record.RemotePort = $remotePorts[$i]
        }
        if ($places -and $null -ne $places[$i]) {
            $record.ProcessRecord = $Processes[$places[$i]]
        }
        $record
    }
}

# Gives each process of a line its endpoints.
function Add-RecordedEndpoint {
    param([object[]] $Processes, [object] $Answer)

    $endpoints = @(ConvertTo-PortEndpoint $Answer.endpoints $Answer.endpointTemplates)
    $begin = 0
    for ($i = 0; $i -lt $Processes.Length; $i++) {
        $count = $Answer.counts[$i]
        $Processes[$i].Endpoints = [RecordedEndpoint[]]::new($count)
        [array]::Copy($endpoints, $begin, $Processes[$i].Endpoints, 0, $count)
        $begin += $count
    }
}

# Writes records as they come. Trouble with a line or a file is an error that ends nothing.
function Read-Record {
    param([object] $Request, [type] $Type)

    $streams = [Collections.Generic.Dictionary[int, Collections.Generic.List[object]]]::new()
    while ($answer = Read-WorkerAnswer $Request $Type) {
        $processes = $answer.processes ?? $answer.initial
        if ($processes) {
            Add-RecordedEndpoint $processes $answer
        }
        if ($answer.records) {
            $templates = Get-StreamTemplate $streams $answer
            ConvertTo-PRPortRecord $answer.records $templates -Processes $processes
        }
        elseif ($processes) {
            $processes
        }
        else {
            Write-ReadingError $Request.Cmdlet $answer
        }
    }
}

function Get-StreamTemplate {
    param([Collections.IDictionary] $Streams, [object] $Answer)

    if ($Answer.restart) {
        $Streams[$Answer.stream] = [Collections.Generic.List[object]]::new()
    }
    $templates = $Streams[$Answer.stream]
    if ($Answer.templates) {
        $templates.AddRange($Answer.templates)
    }
    , $templates
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
