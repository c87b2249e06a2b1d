function Start-PortReporter {
    <#
    .SYNOPSIS
    Starts the installed recorder.

    .DESCRIPTION
    Asks the service manager to start the recorder, and returns when it records: PR-INITIAL is written. A
    recorder that runs already is left alone. It needs an elevated shell.

    .INPUTS
    None.

    .OUTPUTS
    None.

    .EXAMPLE
    Start-PortReporter

    Starts the recorder.

    .EXAMPLE
    Start-PortReporter -Verbose; Get-PortReporter

    Starts the recorder and shows how it is.

    .EXAMPLE
    Start-PortReporter -WhatIf

    Tells what would be done.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([void])]
    param()

    if ($PSCmdlet.ShouldProcess('PortReporter', 'Start the recorder')) {
        Invoke-ServiceChange $PSCmdlet 'service.start' @{}
    }
}
