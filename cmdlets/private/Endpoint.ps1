# From the worker's columns to PortEndpoint objects.

# A copy of the template in one native call, with what differs set: half the time of setting all
# twenty.
$script:copyObject = [object].
    GetMethod('MemberwiseClone', [Reflection.BindingFlags] 'Instance, NonPublic').
    CreateDelegate([Func[object, object]])

function ConvertTo-PortEndpoint {
    param([object] $Columns, [Collections.IList] $Templates)

    if ($null -eq $Columns) {
        return
    }
    $copy = $script:copyObject
    $localAddresses = $Columns.LocalAddress
    $localPorts = $Columns.LocalPort
    $remoteAddresses = $Columns.RemoteAddress
    $remotePorts = $Columns.RemotePort
    $remoteHostNames = $Columns.RemoteHostName
    $numbers = $Columns.Template
    for ($i = 0; $i -lt $numbers.Length; $i++) {
        $endpoint = $copy.Invoke($Templates[$numbers[$i]])
        $endpoint.LocalAddress = $localAddresses[$i]
        $endpoint.LocalPort = $localPorts[$i]
        # The engine makes an empty text of a null that is set on a text property: so don't set it.
        if ($null -ne $remotePorts[$i]) {
            $endpoint.RemoteAddress = $remoteAddresses[$i]
            $endpoint.RemotePort = $remotePorts[$i]
        }
        if ($remoteHostNames -and $null -ne $remoteHostNames[$i]) {
            $endpoint.RemoteHostName = $remoteHostNames[$i]
        }
        $endpoint
    }
}
