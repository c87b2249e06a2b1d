// The text of the unit. The sandbox is as tight as the recorder's work allows; what is left open says
// why, in the unit itself, since that is where an administrator will wonder.

import type { Registration } from './source.ts';

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;

/** A word of ExecStart= that systemd takes as it is (systemd.service(5), "Command lines"): variables
 * are looked for in arguments, not in the program. */
const argument = (text: string): string => quoted(text).replaceAll('$', '$$$$');

/** systemd takes no program by a name with these. */
export const canBeProgram = (path: string): boolean => !/["'\\\p{Cc}]/u.test(path);

/** ProtectHome= hides these (systemd.exec(5)). */
const isInHome = (place: string): boolean => /^\/(home|root|run\/user)(\/|$)/.test(place);

/** From the first version on that knows it the pause doubles, up to a minute. */
const restarts = (systemdVersion: number): string =>
  systemdVersion >= 254
    ? 'RestartSec=1\nRestartSteps=6\nRestartMaxDelaySec=60'
    : 'RestartSec=3 # pauses that grow need systemd 254';

export function unitText(wanted: Registration, systemdVersion: number): string {
  const { description, installDirectory, logDirectory } = wanted;
  const [program, ...args] = wanted.command;
  const home = [installDirectory, logDirectory].some(isInHome) ? 'read-only' : 'yes';
  const pause = restarts(systemdVersion).replace(/ # (.*)$/, '\n# $1');
  return `# Written by Install-PortReporter, which writes it anew: changes belong into a drop-in
# (systemctl edit portreporter).

[Unit]
Description=${description.replaceAll('%', '%%')}
RequiresMountsFor=${quoted(installDirectory)} ${quoted(logDirectory)}
# Never give up: a recorder is wanted most when something is wrong.
StartLimitIntervalSec=0

[Service]
# Ready when PR-INITIAL is written.
Type=notify
NotifyAccess=main
ExecStart=${[quoted(program), ...args.map(argument)].join(' ')}
WorkingDirectory=/
TimeoutStartSec=120
TimeoutStopSec=30
# Fed by the loop that records, so that one that hangs is noticed.
WatchdogSec=30
Restart=always
# Wrong settings stay wrong until somebody puts them right.
RestartPreventExitStatus=64 78
${pause}

# A storm of changes must not take the machine: what does not fit is counted as a gap.
MemoryMax=768M
CPUQuota=150%
TasksMax=64
LimitNOFILE=65536
LimitCORE=0
# Before Linux 5.11 the memory of BPF counts as locked.
LimitMEMLOCK=infinity
# One store of free memory: glibc otherwise keeps one for each thread (mallopt(3)).
Environment=MALLOC_ARENA_MAX=1

# BPF and PERFMON: programs that see each change in the kernel. NET_ADMIN: attaching them, and the
# sockets of all network namespaces. SYS_PTRACE and DAC_READ_SEARCH: whose sockets they are, and which
# programs and modules, of every user. Not SYS_ADMIN: without it only sockets that no process holds
# (TIME_WAIT) in other network namespaces are missing, and those only before Linux 6.4.
CapabilityBoundingSet=CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_SYS_PTRACE CAP_DAC_READ_SEARCH
NoNewPrivileges=yes

ProtectSystem=strict
ReadWritePaths=${quoted(logDirectory)}
ProtectHome=${home}
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
KeyringMode=private
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
UMask=0077

# To systemd, and to the kernel; no connection ever.
RestrictAddressFamilies=AF_UNIX AF_NETLINK
IPAddressDeny=any
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# It stands among the privileged ones.
SystemCallFilter=bpf
SystemCallErrorNumber=EPERM

# Left open, since it would blind the recorder: PrivateNetwork (the sockets of this machine),
# PrivateUsers (the users of this machine), ProtectProc and ProcSubset (the processes of others).
# And MemoryDenyWriteExecute, since Node compiles as it runs.

[Install]
WantedBy=multi-user.target
`;
}
