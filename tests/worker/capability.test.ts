// What this machine allows: each thing is hidden in turn, by taking rights away, by namespaces and by
// mounts, and then the capability says why, and Get-PortSnapshot and Watch-PortActivity fall back.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { findCgroupRoot } from '../../native/linux/bpf/cgroup-root.ts';
import type { Capability } from './support/lines.ts';
import { Namespace, noNamespaces } from './support/namespace.ts';
import { Worker } from './support/worker.ts';

interface Seen {
  readonly capabilities: ReadonlyMap<string, Capability>;
  readonly missing: readonly string[];
  /** How Get-PortSnapshot reads, and what it says beside that. */
  readonly snapshot: readonly string[];
  readonly watching: { readonly source: string; readonly whyNotBetter: string | null } | undefined;
  readonly watchSaid: readonly string[];
}

async function look(within: readonly string[]): Promise<Seen> {
  const worker = new Worker({ within });
  const [first] = await worker.request('capability');
  const listed = first?.capabilities ?? [];
  const snapshot = await worker.request('snapshot', { filter: { localPort: ['1'] } });
  const watch = await worker.request('watch', { filter: { port: ['1'] }, duration: 0 });
  const { code } = await worker.close();
  assert.equal(code, 0, worker.errors);
  return {
    capabilities: new Map(listed.map((each) => [each.Name, each])),
    missing: listed.filter(({ Usable }) => !Usable).map(({ Name }) => Name),
    snapshot: snapshot.flatMap(({ verbose }) => verbose ?? []),
    watching: watch.find(({ watching }) => watching !== undefined)?.watching,
    watchSaid: watch.flatMap(({ verbose }) => verbose ?? []),
  };
}

/** Programs that run what follows them with some mounts of their own. */
const afterMounts = (...commands: readonly string[]): string[] => {
  const script = [...commands, 'exec "$@"'].join(' && ');
  return ['unshare', '--mount', 'sh', '-c', script, 'sh'];
};
const without = (...rights: readonly string[]): string[] => [
  'setpriv',
  `--bounding-set=${rights.map((each) => `-${each}`).join(',')}`,
];
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

const needsRights = 'it needs root, or the capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN';
const noTypes =
  "the kernel offers no type information (/sys/kernel/btf/vmlinux can't be read: ENOENT)";

interface Hiding {
  readonly what: string;
  readonly within: readonly string[];
  /** The reasons that are told, by the name of the capability; `*`: of every BPF program. */
  readonly reasons: Readonly<Record<string, string | RegExp>>;
  readonly snapshot: 'Bpf' | 'SockDiag';
  readonly watch: 'Kernel' | 'Polling';
}

const hidings: readonly Hiding[] = [
  {
    what: 'the rights for BPF',
    within: without('bpf', 'perfmon', 'sys_admin'),
    reasons: {
      Rights: 'PortReporter runs as root without CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN',
      'bpf(2)': needsRights,
      '*': needsRights,
      'setns(2)': 'it needs CAP_SYS_ADMIN',
    },
    snapshot: 'SockDiag',
    watch: 'Polling',
  },
  {
    what: 'all rights of root',
    within: asNobody,
    reasons: {
      Rights:
        'PortReporter runs as user 65534 without CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, ' +
        'CAP_SYS_ADMIN, CAP_SYS_PTRACE',
      'bpf(2)': needsRights,
      '*': needsRights,
      'setns(2)': 'it needs CAP_SYS_ADMIN',
      '/proc/PID/fd': /^the open files of \d+ of \d+ processes can't be seen$/,
    },
    snapshot: 'SockDiag',
    watch: 'Polling',
  },
  {
    what: 'BTF',
    within: afterMounts('mount -t tmpfs none /sys/kernel/btf'),
    reasons: { BTF: noTypes, '*': noTypes },
    snapshot: 'SockDiag',
    watch: 'Polling',
  },
  {
    what: 'lockdown=confidentiality (only its word)',
    within: afterMounts(
      'mount -t tmpfs none /sys/kernel/security',
      'echo "none integrity [confidentiality]" > /sys/kernel/security/lockdown',
    ),
    reasons: { Lockdown: 'the kernel is locked down (lockdown=confidentiality)' },
    snapshot: 'Bpf',
    watch: 'Kernel',
  },
  {
    what: '/proc/net',
    within: afterMounts('mount -t tmpfs none /proc/$$/net'),
    reasons: { '/proc/net': "/proc/self/net/tcp can't be read: ENOENT" },
    snapshot: 'Bpf',
    watch: 'Kernel',
  },
  {
    what: "other users' processes (hidepid)",
    within: [
      ...['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c'],
      'mount -t proc -o hidepid=2 none /proc && "$@"; exit $?',
      ...['sh', ...asNobody],
    ],
    reasons: {
      '/proc': "/proc hides other users' processes (hidepid)",
      'PID namespace':
        'PortReporter runs in a nested pid namespace: processes outside it are not seen',
    },
    snapshot: 'SockDiag',
    watch: 'Polling',
  },
  {
    what: 'the initial user namespace',
    within: ['unshare', '--user', '--map-root-user'],
    reasons: {
      'User namespace':
        'PortReporter runs in a nested user namespace: its root has no rights over what is ' +
        'outside it',
      'bpf(2)': 'the kernel forbids bpf() here (a container or a security module, probably)',
      '*': 'the kernel forbids bpf() here (a container or a security module, probably)',
      'setns(2)': /can't be entered: setns\(\) failed: EPERM$/,
    },
    snapshot: 'SockDiag',
    watch: 'Polling',
  },
];

function checkReasons({ capabilities }: Seen, reasons: Hiding['reasons']): void {
  for (const [name, reason] of Object.entries(reasons)) {
    const programs = [...capabilities.keys()].filter((each) => each.startsWith('BPF '));
    for (const each of name === '*' ? programs : [name]) {
      const said = capabilities.get(each)?.Reason ?? '';
      if (typeof reason === 'string') assert.equal(said, reason, each);
      else assert.match(said, reason, each);
    }
  }
}

describe('the capabilities of this machine', { skip: noNamespaces }, () => {
  let whole: Seen;

  before(async () => {
    whole = await look([]);
  });

  it('have a name and a use of their own; what is usable has no reason, the rest has one', () => {
    assert.ok(whole.capabilities.size > 20);
    for (const { Name, Usable, Reason, Use, Detail } of whole.capabilities.values()) {
      assert.equal(Reason === null, Usable, Name);
      assert.ok(Usable || Detail === null, Name);
      assert.doesNotMatch(Use, /^(Bpf|Kernel)$/, `${Name} needs a word about its use`);
    }
  });

  it('allow kernel events here: otherwise nothing below shows anything', () => {
    assert.deepEqual(
      whole.missing.filter((name) => name !== '/proc/PID/fd' && !name.endsWith('namespace')),
      [],
    );
    assert.equal(whole.snapshot[0], 'Read by Bpf.');
    assert.deepEqual(whole.watching, { source: 'Kernel', whyNotBetter: null });
  });

  it('leave nothing open when they were tried', async () => {
    const worker = new Worker();
    const descriptors = () => readdirSync(`/proc/${worker.process.pid}/fd`).length;
    await worker.request('capability');
    const before = descriptors();
    for (let i = 0; i < 3; i++) await worker.request('capability');
    assert.equal(descriptors(), before);
    await worker.close();
  });

  it('tell where cgroup2 was found, and on what this runs', () => {
    assert.equal(whole.capabilities.get('cgroup2')?.Detail, findCgroupRoot());
    assert.match(whole.capabilities.get('Architecture')?.Detail ?? '', /^\w+, Linux \d+\.\d+/);
    assert.equal(whole.capabilities.get('Rights')?.Detail, 'root');
  });

  for (const { what, within, reasons, snapshot, watch } of hidings) {
    it(`tell that these are hidden: ${what}`, async () => {
      const seen = await look(within);
      checkReasons(seen, reasons);
      assert.equal(seen.snapshot[0], `Read by ${snapshot}.`);
      assert.equal(seen.watching?.source, watch);
      const why = reasons['*'];
      if (typeof why === 'string') {
        assert.ok(seen.snapshot[1]?.includes(why), seen.snapshot[1]);
        assert.ok(seen.watching?.whyNotBetter?.includes(why), seen.watching?.whyNotBetter ?? '');
      }
    });
  }

  it('tell that cgroup2 is hidden: the other programs go on', async () => {
    const seen = await look(afterMounts(`umount '${findCgroupRoot()}'`));
    const reason = 'no cgroup2 hierarchy is mounted';
    const programs = [...seen.capabilities.keys()].filter((each) => each.startsWith('BPF cgroup/'));
    assert.ok(programs.length >= 4);
    assert.deepEqual(
      seen.missing.filter((name) => !whole.missing.includes(name)),
      ['cgroup2', ...programs],
    );
    for (const name of ['cgroup2', ...programs]) {
      assert.equal(seen.capabilities.get(name)?.Reason, reason);
    }
    assert.equal(seen.watching?.source, 'Kernel');
    const told = seen.watchSaid.filter((each) => each.includes(`can't be used (${reason})`));
    assert.equal(told.length, programs.length);
  });

  it('tell a nested network namespace, and how many others can be entered', async () => {
    const namespace = new Namespace();
    try {
      const outside = await look([]);
      assert.match(outside.capabilities.get('setns(2)')?.Detail ?? '', /^\d+ beside its own$/);
      const inside = await look(namespace.within);
      assert.equal(
        inside.capabilities.get('Network namespace')?.Reason,
        "PortReporter runs in a nested net namespace: what is called 'default' is this one, and " +
          "not the machine's",
      );
      assert.equal(inside.snapshot[0], 'Read by Bpf.');
      assert.equal(inside.watching?.source, 'Kernel');
    } finally {
      namespace.delete();
    }
  });

  it('tell that the cgroup namespace is nested, and what that means', async () => {
    const seen = await look(['unshare', '--cgroup']);
    const nested = `${findCgroupRoot()}, nested: UDP sockets outside it are seen only`;
    assert.ok(seen.capabilities.get('cgroup2')?.Detail?.startsWith(nested));
  });

  it('tell which namespaces are heard of when sockets are destroyed', async () => {
    const detail = (seen: Seen) => seen.capabilities.get('sock_diag destroy groups')?.Detail;
    assert.equal(detail(whole), 'of all network namespaces');
    const seen = await look(without('sys_admin'));
    assert.equal(detail(seen), "of PortReporter's own network namespace only");
  });
});
