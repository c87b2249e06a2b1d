function Stop-PortReporter {
    <#
    .SYNOPSIS
    Stops the installed recorder.

    .DESCRIPTION
    Asks the service manager to stop the recorder, and returns when it has ended: everything is written.
    Where the recorder starts at boot it will run again then. It needs an elevated shell.

    .INPUTS
    None.

    .OUTPUTS
    None.

    .EXAMPLE
    Stop-PortReporter

    Stops the recorder.

    .EXAMPLE
    Stop-PortReporter; Start-PortReporter

    Starts the recorder anew, with new log files.

    .EXAMPLE
    Stop-PortReporter -WhatIf

    Tells what would be done.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([void])]
    param()

    if ($PSCmdlet.ShouldProcess('PortReporter', 'Stop the recorder')) {
        Invoke-ServiceChange $PSCmdlet 'service.stop' @{}
    }
}
