function Install-PortReporter {
    <#
    .SYNOPSIS
    Installs the recorder as a service of systemd or Windows.

    .DESCRIPTION
    Copies Node, the worker and koffi into a directory that only administrators can write to, writes
    the settings, and registers the recorder with the service manager. It needs an elevated shell.
    With -AutoStart the recorder runs when the command returns, and after every boot.

    What runs with all rights must belong to administrators: Node and the module, with every
    directory above them, must be writable by nobody else, links resolved first. Else the command
    refuses, says why, and which command puts it right.

    Installing again changes what is given and keeps the rest; that is also how to upgrade, and how
    to change settings. A second install that changes nothing does nothing. A step that fails takes
    back what was done before it. -WhatIf tells every step and changes nothing.

    .PARAMETER AutoStart
    Starts the recorder now and at every boot. -AutoStart:$false takes the start at boot away;
    without the parameter it stays as it is.

    .PARAMETER Path
    The directory for programs and settings: /opt/portreporter, %ProgramFiles%\PortReporter.

    .PARAMETER LogDirectory
    The directory for the logs: /var/log/portreporter, %SystemRoot%\System32\LogFiles\PortReporter.
    Only administrators can read it (on Debian the group adm, too).

    .PARAMETER MaxLogSize
    How large PR-PORTS and PR-PIDS become before new ones are begun, such as 5MB (the default).

    .PARAMETER RetentionDays
    After how many days logs are removed: 30 by default. All keeps them whatever their age.

    .PARAMETER MaxTotalSize
    How large all logs together may be, such as 2GB. Auto, the default: 4 GB or a tenth of the disk,
    whichever is less, with 15 % of the disk left free. All keeps them whatever their size.

    .PARAMETER ModuleDetail
    WhenChanged (the default): an entry of PR-PIDS lists the modules of a process where they are not
    those of its last entry. Always: every entry lists them.

    .PARAMETER LogFormat
    Extended (the default), or Legacy: the columns of 2004 and nothing else.

    .PARAMETER Source
    How changes are seen: Kernel, Polling, or Auto (the default), the best that works.

    .PARAMETER NodePath
    The Node to copy. Without it, it is the one that runs PortReporter.

    .PARAMETER Force
    Accepts a module, and a Node that -NodePath names, though others than administrators could have
    changed them. It warns, and notes their SHA-256 in the settings file.

    .INPUTS
    None.

    .OUTPUTS
    None.

    .EXAMPLE
    Install-PortReporter -AutoStart

    Installs the recorder and starts it, now and at every boot.

    .EXAMPLE
    Install-PortReporter -AutoStart -WhatIf

    Tells every step of that, and does none.

    .EXAMPLE
    Install-PortReporter -RetentionDays 90 -MaxTotalSize 20GB

    Changes two settings of the installed recorder. All else stays as it is.

    .EXAMPLE
    Install-PortReporter -AutoStart:$false -Verbose

    The recorder no longer starts at boot. It tells each step.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType([void])]
    param(
        [switch] $AutoStart,

        [ValidateNotNullOrEmpty()]
        [string] $Path,

        [ValidateNotNullOrEmpty()]
        [string] $LogDirectory,

        [string] $MaxLogSize,

        [string] $RetentionDays,

        [string] $MaxTotalSize,

        [ValidateSet('WhenChanged', 'Always')]
        [string] $ModuleDetail,

        [ValidateSet('Extended', 'Legacy')]
        [string] $LogFormat,

        [ValidateSet('Auto', 'Kernel', 'Polling')]
        [string] $Source,

        [ValidateNotNullOrEmpty()]
        [string] $NodePath,

        [switch] $Force
    )

    $own = 'AutoStart', 'Path', 'NodePath', 'Force'
    $settings = 'LogDirectory', 'MaxLogSize', 'RetentionDays', 'MaxTotalSize', 'ModuleDetail',
        'LogFormat', 'Source'
    $given = ConvertTo-ServiceParameter $PSCmdlet $PSBoundParameters $own
    $given.settings = ConvertTo-ServiceParameter $PSCmdlet $PSBoundParameters $settings
    $given.whatIf = [bool] $WhatIfPreference
    $what = 'Install PortReporter as a service that runs with all rights'
    if ($WhatIfPreference -or $PSCmdlet.ShouldProcess($what, "$what`?", 'PortReporter')) {
        $node = Get-TrustedNode $PSCmdlet $given['nodePath'] -Force:$Force
        foreach ($step in Invoke-ServiceChange $PSCmdlet 'service.install' $given -Node $node) {
            $null = $PSCmdlet.ShouldProcess($step, $step, 'PortReporter')
        }
    }
}
