# The module: the types of its objects, the list of its parts, and what it exports.
#
# The classes are filled by System.Text.Json and by plain loops, a hundred thousand at a time. So
# they have no constructors, no initialisers and no Validate attributes: a constructor makes it
# three times slower, an attribute seven times.

# An endpoint with its owner, as it was at some moment. Null is "not known", an empty list "none".
class RecordedEndpoint {
    [string] $Protocol
    [string] $AddressFamily
    [string] $LocalAddress
    [int] $LocalPort
    [string] $RemoteAddress
    [Nullable[int]] $RemotePort
    [string] $State
    [Nullable[int]] $OwningProcess
    [int[]] $SharedWith
    [string] $ProcessName
    [string] $Path
    [string] $CommandLine
    [string] $User
    [string[]] $Services
    [Nullable[datetime]] $ProcessStartTime
    [string] $Namespace
    [string] $Attribution
    [string[]] $Modules
    [string] $RemoteHostName
    [datetime] $Time
}

# One that is live: only it has an Id (PortReporter.Types.ps1xml), for whom it names is still there.
class PortEndpoint : RecordedEndpoint {
}

class PortStateCount {
    [string] $State
    [int] $Count
    [double] $Percent
}

class PortStatistics {
    [int] $TcpMappings
    [int] $UdpMappings
    [PortStateCount[]] $States
}

# A process with its endpoints: PortQry's process block. They are PortEndpoints where it is live.
class PortProcess {
    [Nullable[int]] $OwningProcess
    [string] $ProcessName
    [string] $Path
    [string] $User
    [string[]] $Services
    [RecordedEndpoint[]] $Endpoints
    [PortStatistics] $Statistics
    [string[]] $Modules
}

# One change of an endpoint, the end of a watched process, or a gap; of the last two all that
# belongs to an endpoint is null.
class PortChange {
    [datetime] $Time
    [string] $Change
    [string] $PreviousState
    [Nullable[int]] $PreviousProcess
    [string] $Source
    [string] $Protocol
    [string] $AddressFamily
    [string] $LocalAddress
    [Nullable[int]] $LocalPort
    [string] $RemoteAddress
    [Nullable[int]] $RemotePort
    [string] $State
    [Nullable[int]] $OwningProcess
    [int[]] $SharedWith
    [string] $ProcessName
    [string] $Path
    [string] $CommandLine
    [string] $User
    [string[]] $Services
    [Nullable[datetime]] $ProcessStartTime
    [string] $Namespace
    [string] $Attribution
    [string[]] $Modules
    [string] $RemoteHostName
    [Nullable[long]] $Missed
    [string] $Reason
}

# A record of PR-PORTS, or a gap; with -IncludeStatus also a status line, whose kind is the Change.
class PRPortRecord {
    [datetime] $Time
    [string] $Protocol
    [Nullable[int]] $LocalPort
    [string] $LocalAddress
    [Nullable[int]] $RemotePort
    [string] $RemoteAddress
    [Nullable[int]] $OwningProcess
    [string] $ProcessName
    [string] $User
    [string] $State
    [string] $PreviousState
    [string] $Change
    [string] $Attribution
    [string[]] $Services
    [string] $Path
    [Nullable[datetime]] $ProcessStartTime
    [string] $Namespace
    [Nullable[long]] $Missed
    [string] $Reason
    [string] $File
    [int] $LineNumber
}

# An entry of PR-PIDS: a process with its endpoints.
class PRProcessRecord {
    [datetime] $Time
    [Nullable[int]] $OwningProcess
    [string] $ProcessName
    [string] $User
    [string[]] $Services
    [RecordedEndpoint[]] $Endpoints
    [PortStatistics] $Statistics
    [string[]] $Modules
    [string] $File
    [int] $LineNumber
}

# The same of PR-INITIAL.
class PRInitialRecord : PRProcessRecord {
    [string] $ComputerName
    [string] $OperatingSystem
}

# A record of PR-PORTS with its entry of PR-PIDS.
class PRJoinedRecord : PRPortRecord {
    [PRProcessRecord] $ProcessRecord
}

# A line that could not be understood: the TargetObject of its error.
class PRBadLine {
    [string] $File
    [int] $LineNumber
    [string] $Expected
    [string] $Came
}

# A file of logs. State is Complete, Open (it is being written), Interrupted (its recorder ended
# without a last line) or Torn (it ends inside a line).
class PRLogFile {
    [string] $Name
    [string] $Kind
    [Nullable[datetime]] $Start
    [Nullable[datetime]] $End
    [long] $Records
    [long] $Size
    [string] $State
    [string] $FullName
}

# Something that PortReporter can make use of on this machine, or why it can't.
class PortCapability {
    [string] $Name
    [bool] $Usable
    [string] $Reason
    [string] $Use
    [string] $Detail
}

# How the installed recorder is; null where that is not known, or nothing is installed.
class PortReporterHealth {
    [bool] $Installed
    [string] $State
    [string] $StartType
    [string] $Problem
    [Nullable[int]] $ProcessId
    [Nullable[datetime]] $Since
    [string] $Source
    [string] $WhyNotBetter
    [string] $LogDirectory
    [string[]] $Files
    [Nullable[long]] $Records
    [Nullable[long]] $Gaps
    [Nullable[long]] $Missed
    [Nullable[long]] $Endpoints
    [Nullable[datetime]] $LastHeartbeat
    [string] $ModuleVersion
    [string] $WorkerVersion
    [string] $NodeVersion
    [string] $InstallPath
    [string] $SettingsFile
}

# What the worker sends (docs/protocol.md). Each line is a WorkerAnswer.

# The endpoints of entries of logs, as columns: row i stands at place i of each.
class EndpointColumns {
    [string[]] $LocalAddress
    [int[]] $LocalPort
    [string[]] $RemoteAddress
    [Nullable[int][]] $RemotePort
    [int[]] $Template
}

# Endpoints, changes and records of PR-PORTS, as numbers that lie one behind the other
# (cmdlets/private/RecordRow.ps1). Endpoints have no Time, and only records have a LineNumber; both are
# counted from their base. ProcessRecord is there where the entries of PR-PIDS were asked for.
class RecordColumns {
    [byte[]] $Time
    [long] $TimeBase
    [byte[]] $LocalAddress
    [byte[]] $LocalPort
    [byte[]] $RemoteAddress
    [byte[]] $RemotePort
    [byte[]] $LineNumber
    [int] $LineBase
    [byte[]] $Template
    [byte[]] $ProcessRecord
}

# What these numbers stand for, of one stream of them.
class RecordStream {
    [Collections.Generic.List[object]] $Templates
    [Collections.Generic.List[string]] $Addresses
    [Collections.Generic.List[object]] $Processes
}

class WorkerMessage {
    [string] $code
    [string] $message
    [string] $hint
    [string] $target
}

class WorkerProgress {
    [string] $activity
    [string] $status
    [int] $percent
}

class WorkerAnswer {
    [PortEndpoint[]] $templates
    [string] $addresses
    [bool] $restart
    [RecordColumns] $endpoints
    [PortProcess] $process
    [PortStatistics] $statistics
    [string[]] $values
    [Collections.Generic.Dictionary[string, string]] $names
    [PortCapability[]] $capabilities
    [PortReporterHealth] $health
    [string[]] $steps
    [string] $verbose
    [WorkerMessage] $warning
    [WorkerProgress] $progress
    [WorkerMessage] $error
    [object] $end
}

# The lines of a watch: their templates are changes.
class WatchAnswer : WorkerAnswer {
    [PortChange[]] $templates
    [RecordColumns] $changes
}

# The lines of a past moment: its endpoints are not live.
class PastAnswer : WorkerAnswer {
    [RecordedEndpoint[]] $templates
}

# The lines of an import. `stream` tells whose templates are meant where several files are followed.
class ImportAnswer : WorkerAnswer {
    [PRPortRecord[]] $templates
    [RecordColumns] $records
    [EndpointColumns] $endpoints
    [int] $stream
    [bool] $restartProcesses
    [PRProcessRecord[]] $processes
    [PRInitialRecord[]] $initial
    [RecordedEndpoint[]] $endpointTemplates
    [int[]] $counts
    [PRBadLine[]] $badLines
    [WorkerMessage] $problem
    [PRLogFile[]] $logs
}

class JoinedImportAnswer : ImportAnswer {
    [PRJoinedRecord[]] $templates
}

# How the pool keeps a worker and what it is doing.

class Worker {
    [Diagnostics.Process] $Process
    [string] $Node
    [IO.StreamWriter] $Requests
    [IO.StreamReader] $Answers
    # The next line, always being read: a task that ends between two requests means a worker that
    # died.
    [Threading.Tasks.Task[string]] $NextLine
    [IO.Stream] $ErrorText
    [Threading.Tasks.Task] $ErrorCopy
    [int] $RequestId
    # A request was sent, and the end of its answer was not read yet.
    [bool] $OwesEnd
    [datetime] $IdleSince
}

class WorkerRequest {
    [Management.Automation.PSCmdlet] $Cmdlet
    # Of another runspace it may be, whose Worker is another type.
    [object] $Worker
    # What was just taken out of the pool lies here for the blink of an eye.
    [object[]] $Hand = [object[]]::new(1)
    # The other idle workers, while they are looked through.
    [object[]] $Others = @()
    [datetime] $Deadline
    # The Node to take; empty: the one that is found.
    [string] $Node
    # Milliseconds that a cancelled worker may take to its end.
    [int] $Patience
}

$script:moduleRoot = $PSScriptRoot
$script:workerFile = [IO.Path]::Combine(
    $PSScriptRoot, 'ts-worker', 'dist', 'portreporter-worker.cjs')

. $PSScriptRoot/cmdlets/private/ErrorRecord.ps1
. $PSScriptRoot/cmdlets/private/Node.ps1
. $PSScriptRoot/cmdlets/private/Worker.ps1
. $PSScriptRoot/cmdlets/private/WorkerPool.ps1
. $PSScriptRoot/cmdlets/private/WorkerRequest.ps1
. $PSScriptRoot/cmdlets/private/Row.ps1
. $PSScriptRoot/cmdlets/private/Change.ps1
. $PSScriptRoot/cmdlets/private/RecordRow.ps1
. $PSScriptRoot/cmdlets/private/LoggedEndpoint.ps1
. $PSScriptRoot/cmdlets/private/Record.ps1
. $PSScriptRoot/cmdlets/private/HostName.ps1
. $PSScriptRoot/cmdlets/private/Snapshot.ps1
. $PSScriptRoot/cmdlets/private/Filter.ps1
. $PSScriptRoot/cmdlets/private/LogPath.ps1
. $PSScriptRoot/cmdlets/private/Duration.ps1
. $PSScriptRoot/cmdlets/private/Completion.ps1
. $PSScriptRoot/cmdlets/private/WindowsTrust.ps1
. $PSScriptRoot/cmdlets/private/Trust.ps1
. $PSScriptRoot/cmdlets/private/Service.ps1
. $PSScriptRoot/cmdlets/Get-PortReporter.ps1
. $PSScriptRoot/cmdlets/Get-PortSnapshot.ps1
. $PSScriptRoot/cmdlets/Get-PRLog.ps1
. $PSScriptRoot/cmdlets/Import-PRLog.ps1
. $PSScriptRoot/cmdlets/Install-PortReporter.ps1
. $PSScriptRoot/cmdlets/Start-PortReporter.ps1
. $PSScriptRoot/cmdlets/Stop-PortReporter.ps1
. $PSScriptRoot/cmdlets/Uninstall-PortReporter.ps1
. $PSScriptRoot/cmdlets/Watch-PortActivity.ps1

$ExecutionContext.SessionState.Module.OnRemove = { Close-WorkerPool }

# Tab knows by a cmdlet's OutputType what `Get-PortSnapshot | Where-Object` can ask for. The engine reads
# an attribute once, where it is first wanted, and these classes are known by name in here alone.
foreach ($name in 'Get-PortReporter', 'Get-PortSnapshot', 'Get-PRLog', 'Import-PRLog',
    'Watch-PortActivity') {
    $null = $ExecutionContext.SessionState.PSVariable.GetValue("function:$name").Attributes
}

Export-ModuleMember -Function @(
    'Get-PortReporter'
    'Get-PortSnapshot'
    'Get-PRLog'
    'Import-PRLog'
    'Install-PortReporter'
    'Start-PortReporter'
    'Stop-PortReporter'
    'Uninstall-PortReporter'
    'Watch-PortActivity'
)
