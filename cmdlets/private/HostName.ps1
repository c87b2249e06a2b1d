# Host names that are known already come before the endpoints they belong to, the others after them,
# since no endpoint is held back for its name. The objects that went down the pipeline are
# remembered by address, and get their name when it is known.

function Get-HostNameBook {
    @{
        Names = [Collections.Generic.Dictionary[string, string]]::new()
        Unnamed = [Collections.Generic.Dictionary[string, Collections.Generic.List[object]]]::new()
    }
}

function Join-RemoteHostName {
    param([Collections.IDictionary] $Book, [object[]] $Endpoints)

    foreach ($endpoint in $Endpoints) {
        $address = $endpoint.RemoteAddress
        if ($null -eq $address) {
            continue
        }
        $name = $null
        if ($Book.Names.TryGetValue($address, [ref] $name)) {
            $endpoint.RemoteHostName = $name
            continue
        }
        if (-not $Book.Unnamed.ContainsKey($address)) {
            $Book.Unnamed[$address] = [Collections.Generic.List[object]]::new()
        }
        $Book.Unnamed[$address].Add($endpoint)
    }
}

function Add-RemoteHostName {
    param(
        [Collections.IDictionary] $Book,
        [Collections.Generic.Dictionary[string, string]] $Names
    )
    foreach ($name in $Names.GetEnumerator()) {
        $Book.Names[$name.Key] = $name.Value
        $endpoints = $null
        if ($Book.Unnamed.Remove($name.Key, [ref] $endpoints)) {
            foreach ($endpoint in $endpoints) {
                $endpoint.RemoteHostName = $name.Value
            }
        }
    }
}
