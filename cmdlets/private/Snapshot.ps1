# The answer to a snapshot: endpoints, process blocks or statistics, written as they come.

function Read-Snapshot {
    param([object] $Request, [bool] $ResolveHostName)

    $names = $ResolveHostName ? (Get-HostNameBook) : $null
    Read-Endpoint -Request $Request -EndpointType ([PortEndpoint]) -Names $names
}

# The same of a past moment.
function Read-PastSnapshot {
    param([object] $Request)

    Read-Endpoint -Request $Request -EndpointType ([RecordedEndpoint]) -AnswerType ([PastAnswer])
}

function Read-Endpoint {
    param([object] $Request, [type] $EndpointType, [type] $AnswerType = [WorkerAnswer], [object] $Names)

    $reader = Get-RecordReader $EndpointType
    $stream = [RecordStream]::new()
    while ($answer = Read-WorkerAnswer $Request $AnswerType) {
        Add-RecordTemplate $stream $answer
        $endpoints = $answer.endpoints ? $reader.Invoke($answer.endpoints, $stream) : @()
        if ($Names) {
            $endpoints = @($endpoints)
            if ($answer.names) {
                Add-RemoteHostName $Names $answer.names
            }
            Join-RemoteHostName $Names $endpoints
        }
        if ($answer.process) {
            $answer.process.Endpoints = @($endpoints)
            $answer.process
        }
        elseif ($answer.statistics) {
            $answer.statistics
        }
        else {
            $endpoints
        }
    }
}

# What parameter sets would refuse without a word why.
function Assert-SnapshotParameter {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [bool] $IsPast,
        [Collections.IDictionary] $Bound
    )
    if ($IsPast -and $Bound['ResolveHostName']) {
        $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_PARAMETER_INVALID' (
                    '-ResolveHostName can not be combined with -At: ' +
                    'who had an address then is not in the logs.') (
                    'Leave one of them out.') 'ResolveHostName'))
    }
    if (-not $IsPast -and $Bound.ContainsKey('LogDirectory')) {
        $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_PARAMETER_INVALID' (
                    '-LogDirectory says nothing without -At: what is open now is not in the logs.') (
                    'Say -At, or leave it out.') 'LogDirectory'))
    }
}
