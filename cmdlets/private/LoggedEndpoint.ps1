# The endpoints of entries of PR-PIDS and PR-INITIAL. They come as columns behind each other, and are
# shared out by a loop that .NET compiles, as Row.ps1 has one: a second of a busy log has dozens of
# entries.

using namespace System.Linq.Expressions

$script:endpointSharer = $null

# Gives each process of a line its endpoints, which have its time.
function Add-LoggedEndpoint {
    param([object[]] $Processes, [object] $Answer)

    $reader = Get-RowReader ([EndpointColumns]) ([RecordedEndpoint])
    $templates = [Collections.Generic.List[object]]::new($Answer.endpointTemplates)
    $script:endpointSharer ??= Build-EndpointSharer
    $endpoints = $reader.Invoke($Answer.endpoints, $templates)
    $script:endpointSharer.Invoke($Processes, $Answer.counts, $endpoints)
}

# A delegate: from processes, how many endpoints belong to each, and the endpoints.
function Build-EndpointSharer {
    $processes = [Expression]::Parameter([PRProcessRecord[]])
    $counts = [Expression]::Parameter([int[]])
    $endpoints = [Expression]::Parameter([object[]])
    $place = [Expression]::Variable([int])
    $next = [Expression]::Variable([int])
    $ownPlace = [Expression]::Variable([int])
    $own = [Expression]::Variable([RecordedEndpoint[]])
    $row = [Expression]::Variable([RecordedEndpoint])
    $process = [Expression]::ArrayIndex($processes, $place)
    $room = [Expression]::NewArrayBounds(
        [RecordedEndpoint], [Expression[]] [Expression]::ArrayIndex($counts, $place))
    $time = [Expression]::Property($process, 'Time')
    $endpoint = [Expression]::ArrayIndex($endpoints, [Expression]::PostIncrementAssign($next))
    [Expression[]] $ownSteps = @(
        [Expression]::Assign($row, [Expression]::Convert($endpoint, [RecordedEndpoint]))
        [Expression]::Assign([Expression]::Property($row, 'Time'), $time)
        [Expression]::Assign([Expression]::ArrayAccess($own, [Expression[]] $ownPlace), $row)
    )
    [Expression[]] $steps = @(
        [Expression]::Assign($own, $room)
        [Expression]::Assign($ownPlace, [Expression]::Constant(0))
        Get-Loop -Place $ownPlace -Array $own -Steps $ownSteps
        [Expression]::Assign([Expression]::Property($process, 'Endpoints'), $own)
    )
    $loop = Get-Loop -Place $place -Array $processes -Steps $steps
    $body = [Expression]::Block(
        [ParameterExpression[]] ($place, $next, $ownPlace, $own, $row), [Expression[]] $loop)
    $parameters = [ParameterExpression[]] ($processes, $counts, $endpoints)
    [Expression]::Lambda($body, $parameters).Compile()
}
