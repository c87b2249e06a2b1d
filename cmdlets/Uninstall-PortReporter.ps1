function Uninstall-PortReporter {
    <#
    .SYNOPSIS
    Takes the recorder off the machine.

    .DESCRIPTION
    Stops the recorder, takes it from the service manager, and removes its programs and settings.
    The logs stay, unless -RemoveLogs is given. It needs an elevated shell. -WhatIf tells every step
    and changes nothing.

    .PARAMETER RemoveLogs
    Removes the logs that the recorder wrote, too. Other files in their directory stay, and so does
    the directory if there are any.

    .INPUTS
    None.

    .OUTPUTS
    None.

    .EXAMPLE
    Uninstall-PortReporter

    Asks, then removes everything but the logs.

    .EXAMPLE
    Uninstall-PortReporter -RemoveLogs -Confirm:$false

    Removes everything without asking.

    .EXAMPLE
    Uninstall-PortReporter -RemoveLogs -WhatIf

    Tells what would be removed.
    #>
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')]
    [OutputType([void])]
    param([switch] $RemoveLogs)

    # What can't be done is an error before anybody is asked.
    $given = @{ removeLogs = [bool] $RemoveLogs }
    $steps = Invoke-ServiceChange $PSCmdlet 'service.uninstall' ($given + @{ whatIf = $true })
    if ($WhatIfPreference) {
        foreach ($step in $steps) {
            $null = $PSCmdlet.ShouldProcess($step, $step, 'PortReporter')
        }
        return
    }
    $what = 'Uninstall PortReporter' + ($RemoveLogs ? ' and remove its logs' : '')
    if ($PSCmdlet.ShouldProcess($what, "$what`?", 'PortReporter')) {
        Invoke-ServiceChange $PSCmdlet 'service.uninstall' $given
    }
}
