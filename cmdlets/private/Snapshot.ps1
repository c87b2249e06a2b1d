# The answer to a snapshot: endpoints, process blocks or statistics, written as they come.

function Read-Snapshot {
    param([object] $Request, [bool] $ResolveHostName)

    $reader = Get-RowReader ([EndpointColumns]) ([PortEndpoint])
    $templates = [Collections.Generic.List[object]]::new()
    $unnamed = [Collections.Generic.Dictionary[string, Collections.Generic.List[object]]]::new()
    while ($answer = Read-WorkerAnswer $Request) {
        if ($answer.templates) {
            $templates.AddRange($answer.templates)
        }
        $endpoints = $answer.endpoints ? $reader.Invoke($answer.endpoints, $templates) : @()
        if ($ResolveHostName) {
            Add-UnnamedEndpoint $unnamed $endpoints
        }
        if ($answer.names) {
            Add-RemoteHostName $unnamed $answer.names
        }
        if ($answer.process) {
            $answer.process.Endpoints = $endpoints
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

# The same of a past moment.
function Read-PastSnapshot {
    param([object] $Request)

    $reader = Get-RowReader ([EndpointColumns]) ([RecordedEndpoint])
    $templates = [Collections.Generic.List[object]]::new()
    while ($answer = Read-WorkerAnswer $Request ([PastAnswer])) {
        if ($answer.templates) {
            $templates.AddRange($answer.templates)
        }
        $endpoints = $answer.endpoints ? $reader.Invoke($answer.endpoints, $templates) : @()
        if ($answer.process) {
            $answer.process.Endpoints = $endpoints
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
