# The filters of a cmdlet as the worker takes them: the texts the user typed, by the parameter's
# name. The worker reads them and says what it accepts, so that every cmdlet means the same by them.

$script:filterNames = 'Protocol', 'State', 'LocalAddress', 'LocalPort', 'RemoteAddress',
    'RemotePort', 'ProcessName', 'User', 'Service', 'AddressFamily', 'Namespace', 'Port', 'Change'

function Get-EndpointFilter {
    param(
        [Collections.IDictionary] $BoundParameters,
        [Collections.Generic.ICollection[int]] $ProcessId
    )

    $filter = @{}
    foreach ($name in $script:filterNames) {
        if ($BoundParameters.ContainsKey($name)) {
            $filter[$name.Substring(0, 1).ToLowerInvariant() + $name.Substring(1)] =
                [string[]] $BoundParameters[$name]
        }
    }
    if ($ProcessId.Count -gt 0) {
        $filter.processId = [string[]] $ProcessId
    }
    if ($BoundParameters['Listening']) {
        $filter.listening = $true
    }
    $filter
}
