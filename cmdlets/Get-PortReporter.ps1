function Get-PortReporter {
    <#
    .SYNOPSIS
    Tells what this machine allows PortReporter to do.

    .DESCRIPTION
    Tries everything that PortReporter can make use of and gives one object for each: whether it
    can be used, and if not, why. Nothing that is tried leaves a trace.

    Get-PortSnapshot and Watch-PortActivity need none of these in particular: each takes the
    best that can be used. This command tells why it is not a better one.

    .PARAMETER Capability
    Tells what this machine allows.

    .INPUTS
    None.

    .OUTPUTS
    PortCapability.

    .EXAMPLE
    Get-PortReporter -Capability

    Shows what can be used here, and why the rest can't.

    .EXAMPLE
    Get-PortReporter -Capability | Where-Object -Not Usable | Format-List

    Shows only what is missing, with what it would be good for.

    .EXAMPLE
    (Get-PortReporter -Capability | Where-Object Name -eq 'cgroup2').Detail

    Gives the folder where the cgroup2 hierarchy was found (Linux).
    #>
    [CmdletBinding()]
    [OutputType('PortCapability')]
    param(
        [Parameter(Mandatory)]
        [switch] $Capability
    )

    # There is nothing else to be asked yet.
    if (-not $Capability) {
        return
    }
    $request = Open-WorkerRequest $PSCmdlet 'capability' @{}
    try {
        while ($answer = Read-WorkerAnswer $request) {
            $answer.capabilities
        }
    }
    finally {
        Close-WorkerRequest $request
    }
}
