// What Linux allows: each thing that one of the ways of reading (Bpf, SockDiag, ProcNet) or watching
// (Kernel, Polling) needs, from the ground up.

import {
  type TriedProgram,
  tryArchitecture,
  tryBpf,
  tryKernelTypes,
  tryPrograms,
} from '../../../native/linux/bpf/trial.ts';
import {
  tryCgroup,
  tryDescriptors,
  tryDestroyNotices,
  tryLockdown,
  tryNamespace,
  tryProc,
  tryProcNet,
  tryRights,
  trySetns,
  trySockDiag,
} from '../../../native/linux/capability.ts';
import type { Capability } from '../model/capability.ts';
import { type CapabilityReader, judge, type NamedTrial } from './source.ts';

/** What is tried; the tests lay machines of their own behind it. */
export const linuxTrials = {
  architecture: tryArchitecture,
  rights: tryRights,
  lockdown: tryLockdown,
  pidNamespace: () => tryNamespace('pid'),
  userNamespace: () => tryNamespace('user'),
  networkNamespace: () => tryNamespace('net'),
  proc: tryProc,
  descriptors: tryDescriptors,
  bpf: tryBpf,
  kernelTypes: tryKernelTypes,
  cgroup: tryCgroup,
  programs: tryPrograms,
  sockDiag: trySockDiag,
  destroyNotices: tryDestroyNotices,
  setns: trySetns,
  procNet: tryProcNet,
};
export type LinuxTrials = typeof linuxTrials;

const beforePrograms = (trials: LinuxTrials): NamedTrial[] => [
  { name: 'Architecture', use: 'BPF', trial: trials.architecture },
  {
    name: 'Rights',
    use: "BPF, other network namespaces, other users' processes",
    trial: trials.rights,
  },
  { name: 'Lockdown', use: 'BPF', trial: trials.lockdown },
  { name: 'PID namespace', use: 'processes of the whole machine', trial: trials.pidNamespace },
  { name: 'User namespace', use: 'rights over the whole machine', trial: trials.userNamespace },
  { name: 'Network namespace', use: "the machine's own network", trial: trials.networkNamespace },
  { name: '/proc', use: 'the processes behind endpoints', trial: trials.proc },
  { name: '/proc/PID/fd', use: 'SockDiag, ProcNet: owners of sockets', trial: trials.descriptors },
  { name: 'bpf(2)', use: 'Bpf, Kernel', trial: trials.bpf },
  { name: 'BTF', use: 'Bpf, Kernel: the layout of this kernel', trial: trials.kernelTypes },
  { name: 'cgroup2', use: 'Kernel: UDP sockets, and ports that are bound', trial: trials.cgroup },
];

const afterPrograms = (trials: LinuxTrials): NamedTrial[] => [
  { name: 'sock_diag', use: 'SockDiag: the tables without BPF', trial: trials.sockDiag },
  {
    name: 'sock_diag destroy groups',
    use: 'Polling: sockets closed between two readings',
    trial: trials.destroyNotices,
  },
  { name: 'setns(2)', use: 'Bpf, SockDiag: other network namespaces', trial: trials.setns },
  { name: '/proc/net', use: 'ProcNet: the last resort', trial: trials.procNet },
];

const programUses: Readonly<Record<string, string>> = {
  'iter/task': 'Bpf: sockets with all their holders, quicker',
  'raw_tp/unheld': 'Bpf: sockets that no process holds, quicker',
  syscall: 'Bpf: facts of many processes, quicker',
  'iter/task_file': 'Bpf: sockets with all their holders',
  'iter/tcp': 'Bpf: TCP sockets that no process holds',
  'iter/udp': 'Bpf: UDP sockets that no process holds',
  'tp_btf/inet_sock_set_state': 'Kernel: states of TCP sockets',
  'tp_btf/inet_sock_set_state/nested': 'Kernel: states that change by an interrupt of the former',
  'tp_btf/tcp_rcv_space_adjust': 'Kernel: who reads an accepted connection',
  'tp_btf/sock_send_length': 'Kernel: ports of UDP sockets that only send',
  'cgroup/sock_create': 'Kernel: who opens a UDP socket',
  'cgroup/sock_release': 'Kernel: UDP sockets that are closed',
  'cgroup/post_bind4': 'Kernel: sockets that are bound (IPv4)',
  'cgroup/post_bind6': 'Kernel: sockets that are bound (IPv6)',
  'tp_btf/task_newtask': 'Kernel: processes that start',
  'tp_btf/sched_process_exec': 'Kernel: programs that start',
  'tp_btf/sched_process_exit': 'Kernel: processes that end',
};

function ofProgram({ place, reason }: TriedProgram): Capability {
  const use = programUses[place] ?? (place.startsWith('iter/') ? 'Bpf' : 'Kernel');
  return { name: `BPF ${place}`, usable: reason === null, reason, use, detail: null };
}

export function createLinuxCapabilities(trials: LinuxTrials = linuxTrials): CapabilityReader {
  return {
    read: () => [
      ...beforePrograms(trials).map(judge),
      ...trials.programs().map(ofProgram),
      ...afterPrograms(trials).map(judge),
    ],
  };
}
