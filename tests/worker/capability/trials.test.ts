// The capabilities of machines that are made up: each trial fails in turn.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BpfUnavailable } from '../../../native/linux/bpf/error.ts';
import { tryArchitecture } from '../../../native/linux/bpf/trial.ts';
import { missingCapabilities, readLockdown } from '../../../native/linux/rights.ts';
import { tables } from '../../../native/windows/socket-layout.ts';
import { Win32Error } from '../../../native/windows/win32-error.ts';
import {
  createLinuxCapabilities,
  type LinuxTrials,
} from '../../../ts-worker/src/capability/linux.ts';
import {
  createWindowsCapabilities,
  type WindowsTrials,
} from '../../../ts-worker/src/capability/windows.ts';
import { capabilityMethods } from '../../../ts-worker/src/methods/capability.ts';
import { serve, turns } from '../support/server.ts';

const places = ['iter/task_file', 'tp_btf/inet_sock_set_state', 'cgroup/sock_create', 'iter/new'];
const fine = () => 'found';

const goodLinux: LinuxTrials = {
  architecture: fine,
  rights: fine,
  lockdown: () => null,
  pidNamespace: fine,
  userNamespace: fine,
  networkNamespace: fine,
  proc: fine,
  descriptors: fine,
  bpf: () => null,
  kernelTypes: fine,
  cgroup: fine,
  programs: () => places.map((place) => ({ place, reason: null })),
  sockDiag: () => null,
  destroyNotices: fine,
  setns: fine,
  procNet: () => null,
};

const linuxNames: Readonly<Record<Exclude<keyof LinuxTrials, 'programs'>, string>> = {
  architecture: 'Architecture',
  rights: 'Rights',
  lockdown: 'Lockdown',
  pidNamespace: 'PID namespace',
  userNamespace: 'User namespace',
  networkNamespace: 'Network namespace',
  proc: '/proc',
  descriptors: '/proc/PID/fd',
  bpf: 'bpf(2)',
  kernelTypes: 'BTF',
  cgroup: 'cgroup2',
  sockDiag: 'sock_diag',
  destroyNotices: 'sock_diag destroy groups',
  setns: 'setns(2)',
  procNet: '/proc/net',
};

describe('the capabilities of Linux', () => {
  const missing = (trials: Partial<LinuxTrials>) =>
    createLinuxCapabilities({ ...goodLinux, ...trials })
      .read()
      .filter(({ usable }) => !usable)
      .map(({ name, reason, detail }) => ({ name, reason, detail }));

  it('are all usable where nothing fails', () => {
    assert.deepEqual(missing({}), []);
  });

  for (const [trial, name] of Object.entries(linuxNames)) {
    it(`show that ${name} alone is missing`, () => {
      const refuse = () => {
        throw new BpfUnavailable('it is hidden', new Error('another word'));
      };
      assert.deepEqual(missing({ [trial]: refuse }), [
        { name, reason: 'it is hidden', detail: null },
      ]);
    });
  }

  for (const place of places) {
    it(`show that the program ${place} alone is missing`, () => {
      const programs = () =>
        places.map((each) => ({ place: each, reason: each === place ? 'refused' : null }));
      assert.deepEqual(missing({ programs }), [
        { name: `BPF ${place}`, reason: 'refused', detail: null },
      ]);
    });
  }

  it('show the message of an error that has no reason of its own', () => {
    const refuse = () => {
      throw new Error('EACCES: permission denied');
    };
    assert.equal(missing({ procNet: refuse })[0]?.reason, 'EACCES: permission denied');
  });

  it('know on which processors there is BPF', () => {
    const arch = process.arch;
    try {
      Object.defineProperty(process, 'arch', { value: 'ia32', configurable: true });
      assert.throws(tryArchitecture, { reason: 'BPF is not known on ia32' });
      Object.defineProperty(process, 'arch', { value: 'arm64', configurable: true });
      assert.match(tryArchitecture(), /^arm64, Linux /);
    } finally {
      Object.defineProperty(process, 'arch', { value: arch, configurable: true });
    }
  });
});

describe('rights', () => {
  const status = (effective: string) =>
    `Name:\tnode\nCapPrm:\t0\nCapEff:\t${effective}\nCapBnd:\t0\n`;

  it('are read from the effective set', () => {
    const wanted = ['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN'] as const;
    assert.deepEqual(missingCapabilities(wanted, status('000000c000001000')), []);
    assert.deepEqual(missingCapabilities(wanted, status('0000008000001000')), ['CAP_PERFMON']);
    assert.deepEqual(missingCapabilities(wanted, status('0')), [...wanted]);
    assert.deepEqual(missingCapabilities(wanted, 'nothing of the kind'), [...wanted]);
  });

  it('of CAP_SYS_ADMIN hold what was split off it, and no more', () => {
    const wanted = ['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN'] as const;
    assert.deepEqual(missingCapabilities(wanted, status('0000000000200000')), ['CAP_NET_ADMIN']);
  });

  it('end with lockdown', () => {
    assert.equal(readLockdown('none [integrity] confidentiality\n'), 'integrity');
    assert.equal(readLockdown('none integrity [confidentiality]\n'), 'confidentiality');
    assert.equal(readLockdown(''), null);
  });
});

const goodWindows: WindowsTrials = {
  readSocketTable: () => null,
  readBoundTable: () => ({}),
  isElevated: () => true,
  takeDebugPrivilege: () => true,
  listProcesses: () => new Map([[4, { pid: 4, name: 'System', startTime: null }]]),
  listServices: () => [],
};

describe('the capabilities of Windows', () => {
  const reasons = (calls: Partial<WindowsTrials>) =>
    createWindowsCapabilities({ ...goodWindows, ...calls })
      .read()
      .filter(({ usable, name }) => !usable && name !== 'Kernel events')
      .map(({ name, reason }) => `${name}: ${reason}`);

  it('are all usable where nothing fails, but for kernel events', () => {
    const all = createWindowsCapabilities(goodWindows).read();
    const missing = all.filter(({ usable }) => !usable);
    assert.deepEqual(
      missing.map(({ name }) => name),
      ['Kernel events'],
    );
    assert.equal(all.find(({ name }) => name === 'Processes')?.detail, '1 processes');
  });

  const hidings: readonly (readonly [Partial<WindowsTrials>, string])[] = [
    [{ isElevated: () => false }, 'Elevated: PortReporter does not run as administrator'],
    [{ takeDebugPrivilege: () => false }, 'SeDebugPrivilege: this account does not hold it'],
    [{ listServices: () => null }, 'Services: the service manager does not answer'],
  ];
  for (const [calls, reason] of hidings) {
    it(`show ${reason}`, () => {
      assert.deepEqual(reasons(calls), [reason]);
    });
  }

  for (const { ownerModule } of tables) {
    it(`show that ${ownerModule.struct} alone is refused`, () => {
      const readSocketTable: WindowsTrials['readSocketTable'] = ({ struct }) => {
        if (struct === ownerModule.struct) throw new Win32Error('GetExtendedTcpTable', 5);
      };
      const { protocol, family } = ownerModule;
      assert.deepEqual(reasons({ readSocketTable }), [
        `${protocol} table, ${family}, OwnerModule: GetExtendedTcpTable failed with error 5.`,
      ]);
    });
  }

  it('show that a Windows has no table of bound sockets', () => {
    assert.deepEqual(reasons({ readBoundTable: () => null }), [
      'TCP bound sockets, IPv4: this Windows does not tell them',
      'TCP bound sockets, IPv6: this Windows does not tell them',
    ]);
  });
});

describe('the method capability', () => {
  it('says all in one line, under the names of PowerShell', async () => {
    const found = { name: 'A', usable: false, reason: 'no', use: 'B', detail: null };
    const { input, say, ended, lines } = serve(
      capabilityMethods(async () => ({ read: () => [found] })),
    );
    say({ id: 1, method: 'capability' });
    await turns(10);
    input.end();
    await ended;
    const told = { Name: 'A', Usable: false, Reason: 'no', Use: 'B', Detail: null };
    assert.deepEqual(lines(), [{ capabilities: [told] }, { end: { rows: 1 } }]);
  });
});
