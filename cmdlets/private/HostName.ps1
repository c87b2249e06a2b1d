# Host names come after the endpoints they belong to, which are never held back for them. The
# objects that went down the pipeline are remembered by address, and get their name when it is
# known.

function Add-UnnamedEndpoint {
    param(
        [Collections.Generic.Dictionary[string, Collections.Generic.List[object]]] $Unnamed,
        [object[]] $Endpoints
    )
    foreach ($endpoint in $Endpoints) {
        $address = $endpoint.RemoteAddress
        if ($null -eq $address -or $null -ne $endpoint.RemoteHostName) {
            continue
        }
        if (-not $Unnamed.ContainsKey($address)) {
            $Unnamed[$address] = [Collections.Generic.List[object]]::new()
        }
        $Unnamed[$address].Add($endpoint)
    }
}

function Add-RemoteHostName {
    param(
        [Collections.Generic.Dictionary[string, Collections.Generic.List[object]]] $Unnamed,
        [Collections.Generic.Dictionary[string, string]] $Names
    )
    foreach ($name in $Names.GetEnumerator()) {
        $endpoints = $null
        if ($Unnamed.Remove($name.Key, [ref] $endpoints)) {
            foreach ($endpoint in $endpoints) {
                $endpoint.RemoteHostName = $name.Value
            }
        }
    }
}
