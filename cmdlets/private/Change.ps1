# From the worker's columns to PortChange objects, as ConvertTo-PortEndpoint does it for endpoints.

function ConvertTo-PortChange {
    param([object] $Columns, [Collections.IList] $Templates)

    if ($null -eq $Columns) {
        return
    }
    $copy = $script:copyObject
    $times = $Columns.Time
    $localAddresses = $Columns.LocalAddress
    $localPorts = $Columns.LocalPort
    $remoteAddresses = $Columns.RemoteAddress
    $remotePorts = $Columns.RemotePort
    $numbers = $Columns.Template
    for ($i = 0; $i -lt $numbers.Length; $i++) {
        $change = $copy.Invoke($Templates[$numbers[$i]])
        $change.Time = $times[$i]
        if ($null -ne $localAddresses[$i]) {
            $change.LocalAddress = $localAddresses[$i]
            $change.LocalPort = $localPorts[$i]
        }
        if ($null -ne $remoteAddresses[$i]) {
            $change.RemoteAddress = $remoteAddresses[$i]
            $change.RemotePort = $remotePorts[$i]
        }
        $change
    }
}

# Writes changes as they come.
function Read-Change {
    param([object] $Request)

    $templates = [Collections.Generic.List[object]]::new()
    while ($answer = Read-WorkerAnswer $Request ([WatchAnswer])) {
        if ($answer.restart) {
            $templates.Clear()
        }
        if ($answer.templates) {
            $templates.AddRange($answer.templates)
        }
        ConvertTo-PortChange $answer.changes $templates
    }
}
