function Import-PRLog {
    <#
    .SYNOPSIS
    Reads the logs of Port Reporter as objects.

    .DESCRIPTION
    Reads PR-PORTS, PR-PIDS and PR-INITIAL, as PortReporter writes them and as Microsoft's Port
    Reporter wrote them from 2004 on, and gives one object for each record. What kind a file is
    is told by its content, and so are compression (gzip) and encoding. Without a path it reads
    the logs of this machine's recorder.

    Filters are those of Watch-PortActivity, and -After and -Before. They are evaluated where the
    files are read, so a narrow question is a quick one. Files whose names say that they lie
    outside of that time are not opened.

    A line that can't be understood is an error that says where it is, what was expected and
    what came; the reading goes on. A gap, where changes were missed, is a record with the
    Change Gap, whatever the filters ask for.

    Genuine logs do not say their time zone: say -TimeZone where they were written elsewhere.

    .PARAMETER Path
    Files, or directories, which stand for all logs in them. Takes wildcards.

    .PARAMETER LiteralPath
    The same without wildcards. Takes files from the pipeline.

    .PARAMETER LogDirectory
    Reads all logs of this directory: by default that of the installed service.

    .PARAMETER Kind
    Kinds of logs: PR-PORTS, PR-PIDS, PR-INITIAL, PR-STATUS.

    .PARAMETER After
    Only records of this time and later.

    .PARAMETER Before
    Only records of this time and earlier.

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
    Ids of processes that own the endpoint.

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
    Kinds of changes: Appeared, Changed, Reattributed, Disappeared, Gap. Gives records of PR-PORTS
    alone, since only they are changes.

    .PARAMETER TimeZone
    The time zone of logs that do not say theirs: a name such as Europe/Berlin, or an offset such
    as +02:00. By default that of this machine.

    .PARAMETER WithProcess
    Also gives each record of PR-PORTS its entry of the PR-PIDS beside it, as ProcessRecord: the
    process with all its endpoints and modules. The entries are not given on their own then,
    unless -Kind asks for them.

    .PARAMETER IncludeStatus
    Also gives status lines as records: heartbeats, why files begin and end, and the like. Their
    kind is the Change, their count is Missed, and their text is Reason.

    .PARAMETER Follow
    Goes on with what is written from now on, also to new files, until Ctrl+C. With -WithProcess a
    record comes when its process is in PR-PIDS: some two seconds after the change, and without it
    where it is not there after four.

    .INPUTS
    System.IO.FileInfo. Any object with a property PSPath or FullName, and paths as text.

    .OUTPUTS
    PRPortRecord, PRProcessRecord, PRInitialRecord. With -WithProcess PRJoinedRecord, a
    PRPortRecord with one more property.

    .NOTES
    The TargetObject of the error for a line has its File, LineNumber, Expected and Came.

    Names come as the processes called themselves. One that begins with = + - or @ runs as a formula
    where a spreadsheet opens what Export-Csv made of it. The log itself can be opened there.

    .EXAMPLE
    Import-PRLog -After (Get-Date).AddHours(-1) -LocalPort 443

    Shows who used this port in the last hour.

    .EXAMPLE
    Get-ChildItem ./logs/PR-PORTS-*.log | Import-PRLog -RemoteAddress 203.0.113.0/24

    Looks for a network in logs that were brought here from elsewhere.

    .EXAMPLE
    Import-PRLog ./old/PR-PORTS-05-07-6-13-44-4.log -TimeZone America/New_York

    Reads a log of 2005 that was written in New York.

    .EXAMPLE
    Import-PRLog -Kind PR-PORTS -Follow -After (Get-Date) -Listening

    Shows what begins or ceases to listen from now on, as the recorder tells it.

    .EXAMPLE
    Import-PRLog -RemotePort 25 -WithProcess | ForEach-Object { $_.ProcessRecord.Modules }

    Lists the modules that were loaded by whoever sent mail.

    .EXAMPLE
    Import-PRLog -Change Gap

    Shows when changes were missed, and why.
    #>
    [CmdletBinding(DefaultParameterSetName = 'LogDirectory', PositionalBinding = $false)]
    [OutputType([PRPortRecord], [PRProcessRecord], [PRInitialRecord], [PRJoinedRecord])]
    param(
        [Parameter(Mandatory, Position = 0, ParameterSetName = 'Path', ValueFromPipeline)]
        [ValidateNotNullOrEmpty()]
        [SupportsWildcards()]
        [string[]] $Path,

        [Parameter(Mandatory, ParameterSetName = 'LiteralPath', ValueFromPipelineByPropertyName)]
        [Alias('PSPath', 'FullName', 'LP')]
        [ValidateNotNullOrEmpty()]
        [string[]] $LiteralPath,

        [Parameter(ParameterSetName = 'LogDirectory')]
        [ValidateNotNullOrEmpty()]
        [string] $LogDirectory,

        [ArgumentCompletions('PR-PORTS', 'PR-PIDS', 'PR-INITIAL', 'PR-STATUS')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Kind,

        [DateTimeOffset] $After,

        [DateTimeOffset] $Before,

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

        [ValidateNotNullOrEmpty()]
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

        [ArgumentCompletions('Appeared', 'Changed', 'Reattributed', 'Disappeared', 'Gap')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Change,

        [ValidateNotNullOrEmpty()]
        [string] $TimeZone,

        [switch] $WithProcess,

        [switch] $IncludeStatus,

        [switch] $Follow
    )

    begin {
        $paths = [Collections.Generic.List[string]]::new()
    }

    process {
        foreach ($each in $Path) {
            $paths.AddRange([string[]] @(Resolve-LogPath $PSCmdlet $each))
        }
        # Where none is given there is nothing to resolve: an empty path is where one stands.
        [string[]] $literal = $LogDirectory ? $LogDirectory : $LiteralPath
        foreach ($each in $literal) {
            $paths.AddRange([string[]] @(Resolve-LogPath $PSCmdlet $each -Literal))
        }
    }

    end {
        $parameters = @{
            filter = Get-EndpointFilter $PSBoundParameters ([int[]] ($ProcessId ?? @()))
            withProcess = $WithProcess.IsPresent
            includeStatus = $IncludeStatus.IsPresent
            follow = $Follow.IsPresent
        }
        # Paths of which none is there are nothing to read, and not the recorder's logs.
        $isDefault = $PSCmdlet.ParameterSetName -eq 'LogDirectory' -and -not $LogDirectory
        if (-not $isDefault -or $MyInvocation.ExpectingInput) {
            if ($paths.Count -eq 0) {
                return
            }
            $parameters.paths = $paths.ToArray()
        }
        if ($Kind) {
            $parameters.kind = $Kind
        }
        if ($TimeZone) {
            $parameters.timeZone = ConvertTo-TimeZoneName $TimeZone
        }
        foreach ($name in 'After', 'Before') {
            if ($PSBoundParameters.ContainsKey($name)) {
                $parameters[$name.ToLowerInvariant()] = ConvertTo-Moment $PSBoundParameters[$name]
            }
        }
        $request = Open-WorkerRequest $PSCmdlet
        try {
            Send-WorkerRequest $request 'import' $parameters
            Read-Record $request -WithProcess:$WithProcess
        }
        finally {
            try { Close-WorkerRequest $request }
            finally { Close-WorkerRequest $request }
        }
    }
}
