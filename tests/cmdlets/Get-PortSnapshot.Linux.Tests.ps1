# What only Linux has: listeners that processes share, names that are any bytes, network namespaces,
# and what is seen without rights. Where root or a program is needed, the heading says so.

BeforeDiscovery {
    . $PSScriptRoot/support/Support.ps1

    function Test-Program {
        param([string[]] $Name)

        $missing = $Name.Where({
                -not (Get-Command $_ -CommandType Application -ErrorAction Ignore) })
        $missing.Count -eq 0
    }

    function Test-NobodyAccess {
        $test = 'test -x "$1" && for file do test -r "$file" || exit 1; done'
        $files = @(Get-ShellWord) + $manifest
        setpriv --reuid=65534 --regid=65534 --clear-groups sh -c $test sh @files
        $LASTEXITCODE -eq 0
    }

    $script:notRoot = -not $IsLinux -or -not [Environment]::IsPrivilegedProcess
    $script:noNamespace = $notRoot -or -not (Test-Program unshare, ip)
    $script:noOtherUser = $notRoot -or -not (Test-Program setpriv) -or -not (Test-NobodyAccess)
    $script:noSs = $notRoot -or -not (Test-Program ss)
}

BeforeAll {
    . $PSScriptRoot/support/Support.ps1
    $null = Import-TestedModule
}

AfterAll {
    Remove-Module PortReporter
}

Describe 'Processes that share a listener' -Skip:(-not $IsLinux) {
    BeforeAll {
        $script:scene = Open-Scene shared
        $ids = @($scene.pid) + $scene.children
        $script:row = Get-PortSnapshot -LocalPort $scene.port -ProcessId $ids
    }

    AfterAll {
        Close-Scene $scene
    }

    It 'are one row: the oldest of them is the owner, and the parent that closed it is none' {
        $row | Should -HaveCount 1
        $row.OwningProcess | Should -Be $scene.children[0]
        $row.SharedWith | Should -Be $scene.children[1]
    }

    It 'are all found by their ids' {
        foreach ($child in $scene.children) {
            Get-PortSnapshot -ProcessId $child -LocalPort $scene.port | Should -HaveCount 1
        }
        Get-PortSnapshot -ProcessId $scene.pid -LocalPort $scene.port | Should -BeNullOrEmpty
    }

    It 'are those that ss tells (needs root and ss)' -Skip:$noSs {
        $told = ss -Htlnp sport = ":$($scene.port)"
        $ids = [regex]::Matches("$told", 'pid=(\d+)').ForEach({ [int] $_.Groups[1].Value })
        [int[]] $ours = @($row.OwningProcess) + $row.SharedWith
        [Array]::Sort($ours)
        [int[]] $theirs = [Linq.Enumerable]::Order([int[]] $ids)
        $ours | Should -Be $theirs
    }
}

Describe 'Names that were meant to confuse' -Skip:(-not $IsLinux) {
    AfterAll {
        # .NET can't name what is no text.
        find $TestDrive -type l -delete
    }

    # The program is called by a link of that name, given to the shell in octal.
    It 'are shown as they are: <Kind>' -ForEach @(
        @{ Kind = 'a blank, a comma, a quote'; Name = 'a b,"c''' }
        @{ Kind = 'a line break'; Name = "one`ntwo" }
        @{ Kind = 'an escape sequence'; Name = "`e[31mred" }
        @{ Kind = 'a parenthesis and a bracket'; Name = 'x) [S' }
        @{ Kind = 'more than 15 letters'; Name = 'a-name-that-is-much-longer-than-comm' }
        @{ Kind = 'letters of other languages'; Name = "n`u{e9}`u{65e5}`u{672c}" }
        @{ Kind = 'bytes that are no text'; Name = "odd`u{ff}"; Latin = $true; Shown = 'odd\xff' }
    ) {
        $encoding = $Latin ? [Text.Encoding]::Latin1 : [Text.UTF8Encoding]::new($false)
        $octal = -join $encoding.GetBytes("$TestDrive/$Name").ForEach({
                '\0' + [Convert]::ToString($_, 8).PadLeft(3, '0') })
        $code = 'p="$(printf "%bx" "$1")"; p="${p%x}"; ln -s "$2" "$p"; shift 3; exec "$p" "$@"'
        $node = @(Get-Command node -CommandType Application)[0].Source
        $scene = Open-Scene listen -Before 'sh', '-c', $code, 'sh', $octal, $node
        $row = Get-Endpoint $scene $scene.port
        $row.ProcessName | Should -BeExactly ($Shown ?? $Name)
        $row.OwningProcess | Should -Be $scene.pid
        Close-Scene $scene
    }
}

Describe 'Another user (needs root, setpriv; nobody must read this folder)' -Skip:$noOtherUser {
    BeforeAll {
        $script:nobodysHome = [IO.Directory]::CreateTempSubdirectory('nobody-').FullName
        [IO.File]::SetUnixFileMode($nobodysHome, [IO.UnixFileMode] 511)
        $script:asNobody = 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'
        $script:scene = Open-Scene listen -Before $asNobody
        $script:roots = Open-Scene listen
        $script:closed = Open-Scene closed

        # What nobody sees, as lines of text.
        function Get-SeenByNobody {
            param([string] $Command)

            $environment = @{ HOME = $nobodysHome; NO_COLOR = '1' }
            $text = Get-ShellOutput -Before $asNobody -Environment $environment -Command @"
                Import-Module '$manifest'
                `$rows = $Command -WarningVariable warnings -WarningAction SilentlyContinue
                foreach (`$row in `$rows) {
                    "`$(`$row.LocalPort) [`$(`$row.OwningProcess)] `$(`$row.Attribution)"
                }
                foreach (`$warning in `$warnings) { `$warning.Message }
"@
            $text.Trim() -split '\r?\n'
        }
    }

    AfterAll {
        $scene, $roots, $closed | ForEach-Object { Close-Scene $_ }
        [IO.Directory]::Delete($nobodysHome, $true)
    }

    It 'is named on the row' {
        (Get-Endpoint $scene $scene.port).User | Should -Be 'nobody'
        Get-Endpoint $scene $scene.port @{ User = 'nobody' } | Should -HaveCount 1
        Get-Endpoint $scene $scene.port @{ User = 'root' } | Should -BeNullOrEmpty
    }

    It 'sees the endpoints of others without their owner, and one warning counts them' {
        $ports = "$($scene.port), $($roots.port)"
        $filter = "-LocalAddress 127.0.0.1 -Listening -LocalPort $ports"
        $seen = Get-SeenByNobody "Get-PortSnapshot $filter"
        $seen | Should -HaveCount 3
        $seen | Should -Contain "$($scene.port) [$($scene.pid)] Table"
        $seen | Should -Contain "$($roots.port) [] None"
        $seen[2] | Should -BeLike '1 endpoint belongs to a process that your rights do not *sudo*'
    }

    It 'is not warned of endpoints that have no owner by their nature' {
        $ports = "-LocalPort $($closed.clientPort) -RemotePort $($closed.port)"
        $seen = Get-SeenByNobody "Get-PortSnapshot -State TimeWait $ports"
        $seen | Should -Be "$($closed.clientPort) [] None"
    }
}

Describe 'A pid that is used again (needs root)' -Skip:$notRoot {
    It 'is the new process, with its own name and start time' {
        $first = Open-Scene listen
        $before = Get-Endpoint $first $first.port
        Close-Scene $first
        # The kernel takes the next free one after the last; others may be quicker.
        foreach ($attempt in 1..20) {
            [IO.File]::WriteAllText('/proc/sys/kernel/ns_last_pid', "$($first.pid - 1)")
            $second = Open-Scene established
            if ($second.pid -eq $first.pid) { break }
            Close-Scene $second
        }
        if ($second.pid -ne $first.pid) {
            Set-ItResult -Skipped -Because 'another process took the pid, twenty times'
        }
        $after = Get-Endpoint $second $second.port @{ Listening = $true }
        $after.OwningProcess | Should -Be $before.OwningProcess
        $after.CommandLine | Should -BeLike '*established*'
        $after.ProcessStartTime | Should -BeGreaterThan $before.ProcessStartTime
        Close-Scene $second
    }
}

Describe 'Network namespaces (needs root, unshare and ip)' -Skip:$noNamespace {
    It 'may have the same port: two rows, each with its namespace and owner' {
        $here = Open-Scene listen, 0.0.0.0
        $there = Open-Scene listen, 0.0.0.0, $here.port -Before 'unshare', '-n'
        $rows = Get-PortSnapshot -LocalPort $here.port -ProcessId $here.pid, $there.pid
        $rows | Should -HaveCount 2
        $own, $other = $rows.Where({ $_.Namespace -eq 'default' }, 'Split')
        $own.OwningProcess | Should -Be $here.pid
        $other.OwningProcess | Should -Be $there.pid
        $other[0].Namespace | Should -Not -BeNullOrEmpty
        Get-Endpoint $here $here.port @{ Namespace = 'default' } | Should -HaveCount 1
        Get-Endpoint $there $here.port @{ Namespace = $other[0].Namespace } | Should -HaveCount 1
        Close-Scene $here
        Close-Scene $there
    }

    It 'show a connection that nobody answers as SYN_SENT' {
        # The other end of the cable hears all, and says nothing.
        $code = 'ip link add near type veth peer name far
            ip link set far up
            ip link set near up
            ip address add 198.51.100.1/24 dev near
            ip neighbour add 198.51.100.9 lladdr 02:00:00:00:00:09 dev near nud permanent
            exec "$@"'
        $inside = 'unshare', '-n', 'sh', '-ec', $code, 'sh'
        $scene = Open-Scene unanswered, 198.51.100.9, 81 -Before $inside
        $row = Wait-Until { Get-PortSnapshot -RemoteAddress 198.51.100.9 -ProcessId $scene.pid }
        $row.State | Should -Be 'SynSent'
        $row.RemotePort | Should -Be 81
        $row.OwningProcess | Should -Be $scene.pid
        $row.Namespace | Should -Not -Be 'default'
        Close-Scene $scene
    }
}
