function Get-PRLog {
    <#
    .SYNOPSIS
    Lists the logs of Port Reporter.

    .DESCRIPTION
    Gives one object for each log in a directory, in the order in which they were begun: its
    kind, its first and last moment, how many records it has, and whether it is whole.

    State is Complete, Open (the recorder writes to it now), Interrupted (the recorder ended
    without a last line: it was killed, or the power failed) or Torn (the file ends inside a
    line).

    .PARAMETER LogDirectory
    The directory: by default that of the installed service.

    .PARAMETER Kind
    Kinds of logs: PR-PORTS, PR-PIDS, PR-INITIAL, PR-STATUS.

    .INPUTS
    None.

    .OUTPUTS
    PRLogFile.

    .NOTES
    The files are told by their names, such as PR-PORTS-26-07-6-13-44-4.log. Import-PRLog also
    reads logs that have other names.

    .EXAMPLE
    Get-PRLog

    Shows the logs of this machine's recorder.

    .EXAMPLE
    Get-PRLog -Kind PR-PORTS | Where-Object State -in Torn, Interrupted

    Shows where the recorder did not come to its end.

    .EXAMPLE
    Get-PRLog -LogDirectory ./logs | Where-Object Kind -eq PR-PORTS | Import-PRLog -LocalPort 443

    Reads these logs, and nothing but what concerns this port.
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType([PRLogFile])]
    param(
        [Parameter(Position = 0)]
        [ValidateNotNullOrEmpty()]
        [string] $LogDirectory,

        [ArgumentCompletions('PR-PORTS', 'PR-PIDS', 'PR-INITIAL', 'PR-STATUS')]
        [ValidateNotNullOrEmpty()]
        [string[]] $Kind
    )

    $parameters = @{}
    if ($LogDirectory) {
        $parameters.logDirectory = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($LogDirectory)
    }
    if ($Kind) {
        $parameters.kind = $Kind
    }
    $request = Open-WorkerRequest $PSCmdlet
    try {
        Send-WorkerRequest $request 'list' $parameters
        while ($answer = Read-WorkerAnswer $request ([ImportAnswer])) {
            $answer.logs
            Write-ReadingError $PSCmdlet $answer
        }
    }
    finally {
        try { Close-WorkerRequest $request }
        finally { Close-WorkerRequest $request }
    }
}
