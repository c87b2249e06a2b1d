function Get-PortSnapshot {
    <#
    .SYNOPSIS
    Shows which process uses which port now.

    .DESCRIPTION
    Reads the TCP and UDP tables of this machine, of every network namespace it may look into, with
    the processes behind them, and gives one object for each endpoint.

    Filters are evaluated where the tables are read, so a narrow question is a quick one. Each takes
    several values, any of which may match; filters of different kinds must all match. Texts take
    the wildcards * and ?, addresses also CIDR blocks (10.0.0.0/8), ports also ranges (8000-8100).
    What can't be understood is an error that says what is accepted.

    An endpoint that several processes hold (a server's children, socket activation) is one object.
    Its owner is the oldest of them; the others stand in SharedWith. Filters by process find any
    holder.

    Without administrator's rights the endpoints of other users' processes come without their owner
    (OwningProcess is null and Attribution is None), and a warning counts them; filters by process leave
    them out.

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
    Ids of processes that hold the endpoint. Takes processes and endpoints from the pipeline; the
    whole pipeline becomes one request. A pipeline with no process in it gives nothing.

    .PARAMETER ProcessName
    Names of processes that hold the endpoint.

    .PARAMETER User
    Users that the holding processes run as: DOMAIN\name on Windows, name on Linux.

    .PARAMETER Service
    Windows services or systemd units that the holding processes run.

    .PARAMETER AddressFamily
    IPv4 or IPv6.

    .PARAMETER Namespace
    Network namespaces (Linux). The machine's own is 'default'.

    .PARAMETER Listening
    Only TCP endpoints that wait for connections: the same as -State Listen.

    .PARAMETER IncludeModules
    Also lists the modules that each process has loaded. With -At those that the logs list: of what
    ran and changed ports up to then.

    .PARAMETER ResolveHostName
    Looks up the names of remote addresses. Objects come at once; their RemoteHostName is filled in
    when the name is known, at the latest when the command ends.

    .PARAMETER GroupByProcess
    Gives one object for each process, with its endpoints and statistics, as PortQry -local does.

    .PARAMETER Statistics
    Gives counts and percentages by protocol and state.

    .PARAMETER At
    Shows what was open at this moment of the past, as the logs of the recorder tell. Where they
    do not tell (nobody recorded then, or the clock was set in between), that is an error; a gap
    in between is a warning. Also for -GroupByProcess and -Statistics; not for -ResolveHostName.

    .PARAMETER LogDirectory
    The directory of the logs for -At: by default that of the installed service.

    .INPUTS
    System.Diagnostics.Process. Any object with a property ProcessId, Id, PID or OwningProcess.

    .OUTPUTS
    PortEndpoint. With -GroupByProcess PortProcess, with -Statistics PortStatistics, with -At
    RecordedEndpoint: the same without an Id, since who is named may be gone; so it is within a
    PortProcess of the past.

    .NOTES
    Null means "not known" and an empty list means "none": Modules is null without -IncludeModules.
    Ask a list for its own Count, as in $endpoint.SharedWith.Count; @($null).Count would be 1.

    .EXAMPLE
    Get-PortSnapshot -Listening

    Shows everything that waits for connections, with its process.

    .EXAMPLE
    Get-PortSnapshot -LocalPort 443, 8000-8100 -State Established

    Shows the connections that are open to these ports.

    .EXAMPLE
    Get-PortSnapshot -ProcessName ssh* -RemoteAddress 10.0.0.0/8, 192.168.0.0/16

    Shows who is logged in by SSH from a private network.

    .EXAMPLE
    Get-Process node, nginx | Get-PortSnapshot

    Shows the endpoints of these processes, in one read of the tables.

    .EXAMPLE
    Get-PortSnapshot -LocalPort 8080 -Listening | Get-Process -Id { $_.OwningProcess }

    Gives the process that listens on port 8080. Get-Process would take the ProcessName of the
    objects before their Id, so the id is named.

    .EXAMPLE
    Get-PortSnapshot -GroupByProcess -User root -IncludeModules

    Shows the process blocks of PortQry: each process with its endpoints, statistics and modules.

    .EXAMPLE
    (Get-PortSnapshot -Statistics -Protocol TCP).States | Where-Object Percent -gt 10

    Gives the states in which more than a tenth of the TCP endpoints are.

    .EXAMPLE
    Get-PortSnapshot -At '2026-11-24 03:14' -LocalPort 443

    Shows who used this port in the night.

    .EXAMPLE
    Get-PortSnapshot -At '2026-11-24 03:14' -GroupByProcess -IncludeModules -User www-data

    Shows which processes of the web server were there, with what they had open and loaded.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Endpoint', PositionalBinding = $false)]
    [OutputType([PortEndpoint], ParameterSetName = 'Endpoint')]
    [OutputType([PortProcess], ParameterSetName = 'Process')]
    [OutputType([PortStatistics], ParameterSetName = 'Statistics')]
    [OutputType([RecordedEndpoint], ParameterSetName = 'Past')]
    param(
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

        [Parameter(ParameterSetName = 'Endpoint')]
        [Parameter(ParameterSetName = 'Process')]
        [Parameter(ParameterSetName = 'Past')]
        [switch] $IncludeModules,

        [Parameter(ParameterSetName = 'Endpoint')]
        [Parameter(ParameterSetName = 'Process')]
        [Parameter(ParameterSetName = 'Past')]
        [switch] $ResolveHostName,

        [Parameter(Mandatory, ParameterSetName = 'Process')]
        [switch] $GroupByProcess,

        [Parameter(Mandatory, ParameterSetName = 'Statistics')]
        [switch] $Statistics,

        [Parameter(Mandatory, ParameterSetName = 'Past')]
        [Parameter(ParameterSetName = 'Process')]
        [Parameter(ParameterSetName = 'Statistics')]
        [DateTimeOffset] $At,

        [Parameter(ParameterSetName = 'Past')]
        [Parameter(ParameterSetName = 'Process')]
        [Parameter(ParameterSetName = 'Statistics')]
        [ValidateNotNullOrEmpty()]
        [string] $LogDirectory
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
        # Asked for the endpoints of no process at all: that is none, and not all.
        if ($byProcess -and $processIds.Count -eq 0) {
            return
        }
        $isPast = $PSBoundParameters.ContainsKey('At')
        Assert-SnapshotParameter $PSCmdlet -IsPast $isPast -Bound $PSBoundParameters
        $live = @{ Endpoint = 'snapshot'; Process = 'processes'; Statistics = 'statistics' }
        $method = $isPast ? 'past' : $live[$PSCmdlet.ParameterSetName]
        $parameters = @{
            filter = Get-EndpointFilter $PSBoundParameters $processIds
            includeModules = $IncludeModules.IsPresent
            resolveHostName = $ResolveHostName.IsPresent
        }
        if ($isPast) {
            $parameters.at = ConvertTo-Moment $At
            $parameters.groupByProcess = $GroupByProcess.IsPresent
            $parameters.statistics = $Statistics.IsPresent
        }
        if ($LogDirectory) {
            $parameters.logDirectory = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($LogDirectory)
        }
        $request = Open-WorkerRequest $PSCmdlet
        try {
            Send-WorkerRequest $request $method $parameters
            if ($isPast) {
                Read-PastSnapshot $request
            }
            else {
                Read-Snapshot $request $ResolveHostName
            }
        }
        finally {
            try { Close-WorkerRequest $request }
            finally { Close-WorkerRequest $request }
        }
    }
}
