function Get-PortReporter {
    <#
    .SYNOPSIS
    Tells how the recorder is, or what this machine allows PortReporter to do.

    .DESCRIPTION
    Without a parameter: the health of the installed recorder at a glance, from the service manager and
    the status that the recorder writes every ten seconds. Problem is empty where all is well, else it
    says in plain sentences what is wrong. Without elevation it tells what it may.

    With -Capability: tries everything that PortReporter can make use of and gives one object for each:
    whether it can be used, and if not, why. Nothing that is tried leaves a trace. Get-PortSnapshot
    and Watch-PortActivity need none of these in particular: each takes the best that can be used.
    This tells why it is not a better one.

    .PARAMETER Capability
    Tells what this machine allows.

    .INPUTS
    None.

    .OUTPUTS
    PortReporterHealth. With -Capability: PortCapability.

    .EXAMPLE
    Get-PortReporter

    Shows whether the recorder is installed, whether it runs, and what it has recorded.

    .EXAMPLE
    if ((Get-PortReporter).Problem) { 'Look after the recorder.' }

    For a script that watches over the recorder.

    .EXAMPLE
    Get-PortReporter -Capability | Where-Object -Not Usable | Format-List

    Shows what can't be used here, with the reason and what it would be good for.

    .EXAMPLE
    (Get-PortReporter -Capability | Where-Object Name -eq 'cgroup2').Detail

    Gives the folder where the cgroup2 hierarchy was found (Linux).
    #>
    [CmdletBinding(DefaultParameterSetName = 'Health')]
    [OutputType([PortReporterHealth], ParameterSetName = 'Health')]
    [OutputType([PortCapability], ParameterSetName = 'Capability')]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Capability')]
        [switch] $Capability
    )

    $method = $Capability ? 'capability' : 'service.health'
    $request = Open-WorkerRequest $PSCmdlet
    try {
        Send-WorkerRequest $request $method @{}
        while ($answer = Read-WorkerAnswer $request) {
            if ($Capability) {
                $answer.capabilities
                continue
            }
            $answer.health.ModuleVersion = $MyInvocation.MyCommand.Module.Version
            $answer.health
        }
    }
    finally {
        try { Close-WorkerRequest $request }
        finally { Close-WorkerRequest $request }
    }
}
