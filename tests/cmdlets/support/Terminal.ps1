# A shell of this host on a terminal, which `script` gives it, and what it prints there. Dot-source
# it after Support.ps1.

$script:noTerminal = -not $IsLinux -or
    -not (Get-Command script -CommandType Application -ErrorAction Ignore)

# What starts it, in a line of `sh`.
function Get-ShellLine {
    (Get-ShellWord).ForEach({ "'$_'" }) -join ' '
}

function Get-TerminalOutput {
    param([string] $Code, [int] $Columns = 120, [hashtable] $Environment = @{})

    $file = "$TestDrive/terminal.ps1"
    [IO.File]::WriteAllText($file, $Code)
    $shell = "stty cols $Columns rows 50; exec $(Get-ShellLine) -NoProfile -File '$file'"
    $start = [Diagnostics.ProcessStartInfo]::new('script', [string[]] ('-qec', $shell, '/dev/null'))
    $start.RedirectStandardOutput = $start.RedirectStandardInput = $true
    $start.Environment['TERM'] = 'xterm'
    $null = $start.Environment.Remove('NO_COLOR')
    foreach ($name in $Environment.Keys) { $start.Environment[$name] = $Environment[$name] }
    $text = [Diagnostics.Process]::Start($start).StandardOutput.ReadToEnd()
    # The terminal adds its carriage returns, and .NET asks for application keys.
    $text.Replace("`r`n", "`n").Replace("`e[?1h`e=", '')
}
