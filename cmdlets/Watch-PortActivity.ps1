function Watch-PortActivity {
    <#
    .SYNOPSIS
    Shows every change of the machine's ports as it happens, with the process behind it.

    .DESCRIPTION
    Gives one object for each change: an endpoint appeared, changed its state, was found to
    belong to another process, or disappeared. It goes on until Ctrl+C, until -Duration or
    -Count is reached, or until all processes that -ProcessId names have ended.

    On Linux, with the rights for it, the kernel tells of every change as it happens (Source is
    Kernel), however short. Elsewhere the tables are read again and again (Source is Polling),
    and what comes and goes between two readings is missed. -Verbose says which of the two it
    is, and why not the better one; Get-PortReporter -Capability says what is missing for it.

    Filters are those of Get-PortSnapshot. They look at the endpoint as it is after the change.

    Nothing is missed in silence: where changes may have been lost, a Gap stands in their place,
    with their number in Missed if anybody counted them.

    .PARAMETER Port
    Ports at either end: a number or a range such as 8000-8100.

    .PARAMETER Protocol
    TCP or UDP.

    .PARAMETER State
    States as Get-NetTCPConnection spells them, such as Listen, Established or TimeWait. UDP
    endpoints are Bound.

    .PARAMETER LocalAddress
    Addresses at this end: an address, a CIDR block, or a text with wildcards.

    .PARAMETER LocalPort
    Ports at this end: a number or a range such as 8000-8100.

    .PARAMETER RemoteAddress
    Addresses at the other end: an address, a CIDR block, or a text with wildcards.

    .PARAMETER RemotePort
    Ports at the other end: a number or a range such as 8000-8100.

    .PARAMETER ProcessId
    Ids of processes that own the endpoint. Their ends are told too, and the watch ends with the
    last of them. Takes processes and endpoints from the pipeline; the whole pipeline becomes
    one watch. A pipeline with no process in it gives nothing.

    .PARAMETER ProcessName
    Names of processes that own the endpoint.

    .PARAMETER User
    Users that the owning processes run as: DOMAIN\name on Windows, name on Linux.

    .PARAMETER Service
    Windows services or systemd units that the owning processes run.

    .PARAMETER AddressFamily
    IPv4 or IPv6.

    .PARAMETER Namespace
    Network namespaces (Linux). The machine's own is 'default'.

    .PARAMETER Listening
    Only endpoints that wait for connections.

    .PARAMETER Change
    Kinds of changes: Appeared, Changed, Reattributed, Disappeared, ProcessExited. A Gap is told
    in any case.

    .PARAMETER IncludeExisting
    First gives what is open already, as Appeared with the Source Table.

    .PARAMETER IncludeOwn
    Also shows the endpoints of PortReporter itself.

    .PARAMETER Source
    Kernel: only kernel events, and an error where they can't be used. Polling: only polling.
    Auto, the default: kernel events, else polling.

    .PARAMETER Interval
    Where it polls: the time between two readings, a TimeSpan or a number of seconds (0.25 by
    default).

    .PARAMETER Duration
    Ends after this time: a TimeSpan or a number of seconds.

    .PARAMETER Count
    Ends after so many changes.

    .INPUTS
    System.Diagnostics.Process. Any object with a property ProcessId, Id, PID or OwningProcess.

    .OUTPUTS
    PortChange.

    .NOTES
    Attribution says how the owner is known. A connection that was just accepted is its
    Listener's until its own process reads from it or closes it: where that is another process,
    a change Reattributed says so, with the one believed before in PreviousProcess.

    .EXAMPLE
    Watch-PortActivity

    Shows every change, until Ctrl+C.

    .EXAMPLE
    Watch-PortActivity -Port 443 -Duration 60

    Shows for a minute which programs open HTTPS connections, and which take them.

    .EXAMPLE
    Get-Process nginx | Watch-PortActivity -State Established

    Shows the connections of these processes until they have ended.

    .EXAMPLE
    Watch-PortActivity -Listening -Change Appeared, Changed | Select-Object -First 1

    Waits until some process begins to listen, and gives it.

    .EXAMPLE
    Watch-PortActivity -RemotePort 25 -Change Appeared -Duration 0:10:0 | Group-Object User, Path

    Counts who sends mail in the next ten minutes.

    .EXAMPLE
    Watch-PortActivity -Listening | ForEach-Object { Get-PortSnapshot -ProcessId $_.OwningProcess }

    Shows all that a process has open whenever it begins or ceases to listen.
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType([PortChange])]
    param(
        [ValidateNotNullOrEmpty()]
        [string[]] $Port,

        [ArgumentCompletions('TCP', 'UDP')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Protocol,

        [ArgumentCompletions('Bound', 'Closed', 'CloseWait', 'Closing', 'DeleteTCB', 'Established',
            'FinWait1', 'FinWait2', 'LastAck', 'Listen', 'SynReceived', 'SynSent', 'TimeWait')]
        [ValidateNotNullOrEmpty()]
        [string[]] $State,

        [ValidateNotNullOrEmpty()]
        [string[]] $LocalAddress,

        [ValidateNotNullOrEmpty()]
        [string[]] $LocalPort,

        [ValidateNotNullOrEmpty()]
        [string[]] $RemoteAddress,

        [ValidateNotNullOrEmpty()]
        [string[]] $RemotePort,

        [Parameter(ValueFromPipelineByPropertyName)]
        [Alias('OwningProcess', 'Id', 'PID')]
        [AllowNull()]
        [int[]] $ProcessId,

        [ValidateNotNullOrEmpty()]
        [string[]] $ProcessName,

        [ValidateNotNullOrEmpty()]
        [string[]] $User,

        [ValidateNotNullOrEmpty()]
        [string[]] $Service,

        [ArgumentCompletions('IPv4', 'IPv6')]
        [ValidateNotNullOrEmpty()]
        [string[]] $AddressFamily,

        [ValidateNotNullOrEmpty()]
        [string[]] $Namespace,

        [switch] $Listening,

        [ArgumentCompletions('Appeared', 'Changed', 'Reattributed', 'Disappeared',
            'ProcessExited', 'Gap')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Change,

        [switch] $IncludeExisting,

        [switch] $IncludeOwn,

        [ValidateSet('Auto', 'Kernel', 'Polling')]
        [string] $Source = 'Auto',

        [ValidateNotNull()]
        [object] $Interval,

        [ValidateNotNull()]
        [object] $Duration,

        [ValidateRange('Positive')]
        [long] $Count
    )

    begin {
        $byProcess = $MyInvocation.ExpectingInput -or $PSBoundParameters.ContainsKey('ProcessId')
        $processIds = [Collections.Generic.SortedSet[int]]::new()
    }

    process {
        foreach ($id in $ProcessId) {
            $null = $processIds.Add($id)
        }
    }

    end {
        # Asked for the changes of no process at all: that is none, and not all.
        if ($byProcess -and $processIds.Count -eq 0) {
            return
        }
        $parameters = @{
            filter = Get-EndpointFilter $PSBoundParameters $processIds
            source = $Source
            includeExisting = $IncludeExisting.IsPresent
            includeOwn = $IncludeOwn.IsPresent
        }
        if ($PSBoundParameters.ContainsKey('Interval')) {
            $parameters.interval = ConvertTo-Millisecond $PSCmdlet 'Interval' $Interval (
                '0:0:0.001') '1.0:0'
        }
        if ($PSBoundParameters.ContainsKey('Duration')) {
            $parameters.duration = ConvertTo-Millisecond $PSCmdlet 'Duration' $Duration (
                '0') '10000.0:0'
        }
        if ($Count) {
            $parameters.count = $Count
        }
        $request = Open-WorkerRequest $PSCmdlet
        try {
            Send-WorkerRequest $request 'watch' $parameters
            Read-Change $request
        }
        finally {
            try { Close-WorkerRequest $request }
            finally { Close-WorkerRequest $request }
        }
    }
}
