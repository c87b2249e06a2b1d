# What the cmdlets for the service have in common.

# Milliseconds that a cancelled change may take to take back what was done.
$script:undoTime = 60000

# Asks the worker for a change of the service. With -WhatIf it gives the steps and does none.
function Invoke-ServiceChange {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [string] $Method,
        [Collections.IDictionary] $Parameters,
        [string] $Node
    )
    $request = Open-WorkerRequest $Cmdlet -Node $Node -Patience $script:undoTime
    try {
        Send-WorkerRequest $request $Method $Parameters
        while ($answer = Read-WorkerAnswer $request) {
            $answer.steps
        }
    }
    finally {
        try { Close-WorkerRequest $request }
        finally { Close-WorkerRequest $request }
    }
}

# The parameters that were given, by the names of the protocol.
function ConvertTo-ServiceParameter {
    param(
        [Management.Automation.PSCmdlet] $Cmdlet,
        [Collections.IDictionary] $Bound,
        [string[]] $Name
    )
    $given = @{}
    foreach ($each in $Name.Where({ $Bound.ContainsKey($_) })) {
        $value = $Bound[$each]
        if ($each -in 'Path', 'LogDirectory', 'NodePath') {
            $value = $Cmdlet.GetUnresolvedProviderPathFromPSPath($value)
        }
        elseif ($value -is [switch]) {
            $value = [bool] $value
        }
        $given[$each.Substring(0, 1).ToLowerInvariant() + $each.Substring(1)] = $value
    }
    $given
}
