# Before an install starts Node and the worker as root, nobody else may have been able to change
# them: what is not trusted must not be the judge of itself. The worker then looks closer, at each
# file that it copies (ts-worker/src/service/linux-trust.ts).

# Paths by which the checked programs are started: links can't be changed any more.
function Get-TrustedNode {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $NodePath, [switch] $Force)

    $node = $NodePath ? $NodePath : (Find-Node $Cmdlet)
    if (-not ($IsLinux -or $IsWindows) -or -not [Environment]::IsPrivilegedProcess) {
        return $node
    }
    if ($IsWindows) {
        return Get-TrustedWindowsNode $Cmdlet $node -AcceptNode:($Force -and $NodePath) -Force:$Force
    }
    $resolved = Resolve-Link $Cmdlet $node, $script:workerFile
    # A Node that was merely found is accepted by nobody.
    if (-not ($Force -and $NodePath)) {
        Assert-TrustedFile $Cmdlet $resolved[0]
    }
    if (-not $Force) {
        Assert-TrustedFile $Cmdlet (Resolve-Link $Cmdlet (@($resolved[1]) + (Get-ModuleFile)))
    }
    $script:workerFile = $resolved[1]
    $resolved[0]
}

# What is loaded beside the worker: the cmdlets themselves, and koffi.
function Get-ModuleFile {
    [IO.Directory]::GetFiles($script:moduleRoot, 'PortReporter.*')
    foreach ($part in 'cmdlets', 'node_modules/koffi', 'node_modules/@koromix') {
        $folder = [IO.Path]::Combine($script:moduleRoot, $part)
        if ([IO.Directory]::Exists($folder)) {
            [IO.Directory]::GetFiles($folder, '*', 'AllDirectories')
        }
    }
}

# find(1) tells what .NET does not on Linux: who owns a file.
function Assert-TrustedFile {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Path)

    if ($IsWindows) {
        Assert-TrustedWindowsFile $Cmdlet $Path
        return
    }
    $all = [Collections.Generic.SortedSet[string]]::new([StringComparer]::Ordinal)
    foreach ($each in $Path) {
        for ($part = $each; $part; $part = [IO.Path]::GetDirectoryName($part)) {
            $null = $all.Add($part)
        }
    }
    # In a sticky directory nobody can replace what is root's.
    $writable = '-perm', '/022', '!', '(', '-type', 'd', '-perm', '-1000', ')'
    $words = @('find') + @($all) + '-maxdepth', '0', '(', '!', '-user', '0', '-o' + $writable + ')', '-print0'
    $unsafe = (Invoke-SystemProgram $Cmdlet $words).Split("`0")[0]
    if ($unsafe) {
        $Cmdlet.ThrowTerminatingError((Get-UntrustedRecord $Cmdlet -Unsafe $unsafe -Path $Path[0]))
    }
}

function Get-UntrustedRecord {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string] $Unsafe, [string] $Path)

    $facts = (Invoke-SystemProgram $Cmdlet ('stat', '-c', '%u %a', '--', $Unsafe)).Trim()
    $owner, $mode = $facts.Split(' ')
    $word = "'$($Unsafe.Replace("'", "'\''"))'"
    $isOwn = $Unsafe -eq $Path -or "$Unsafe/".StartsWith("$script:moduleRoot/")
    $reason = "others than root may write to it (mode $mode)"
    $hint = "Take the right away: chmod go-w $word"
    if ($owner -ne '0') {
        $reason = "it belongs to the user $owner, not to root"
        $hint = "Give it to root: chown -R root:root $word"
    }
    if ($owner -ne '0' -and -not $isOwn) {
        $hint = 'Copy it to where only root writes: ' + ($Path -eq $script:workerFile ?
            "cp -RT --no-preserve=mode,ownership '$script:moduleRoot' " +
            '/usr/local/share/powershell/Modules/PortReporter, and import it from there.' :
            "install -D -m 755 '$Path' /usr/local/lib/portreporter/node, and name that with " +
            '-NodePath.')
    }
    Get-ErrorRecord 'PR_PATH_UNSAFE' (
        "'$Path' would run with all rights, and '$Unsafe' is not safe: $reason.") $hint $Unsafe
}

function Resolve-Link {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Path)

    $said = Invoke-SystemProgram $Cmdlet (@('realpath', '-e', '-z', '--') + $Path)
    $said.Split("`0", [StringSplitOptions]::RemoveEmptyEntries)
}

# One of the system's own programs, wherever PATH leads.
function Invoke-SystemProgram {
    param([Management.Automation.PSCmdlet] $Cmdlet, [string[]] $Command)

    $name, $arguments = $Command
    $program = [IO.File]::Exists("/usr/bin/$name") ? "/usr/bin/$name" : "/bin/$name"
    if (-not [IO.File]::Exists($program)) {
        $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_PATH_UNSAFE' (
                    "Who could change PortReporter's files can't be told: there is no " +
                    "/usr/bin/$name.") 'Install the GNU core utilities and findutils.' $name))
    }
    $process = [Diagnostics.Process]::Start((Get-NodeStartInfo $program $arguments))
    try {
        $process.StandardInput.Close()
        $errors = $process.StandardError.ReadToEndAsync()
        $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        if ($process.ExitCode -ne 0) {
            $Cmdlet.ThrowTerminatingError((Get-ErrorRecord 'PR_PATH_UNSAFE' (
                        $errors.Result.Trim()) '' $name))
        }
    }
    finally {
        $process.Dispose()
    }
}
