// Network namespaces of the test's own, made by `ip netns` (ip-netns(8)) and deleted with it.

import { execFileSync } from 'node:child_process';

const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

function canRun(program: string): boolean {
  try {
    run(program, '-V');
    return true;
  } catch {
    return false;
  }
}

/** Why tests that need namespaces can't run here; false where they can. */
export const noNamespaces: string | false =
  process.platform !== 'linux'
    ? 'network namespaces are Linux'
    : process.geteuid?.() !== 0
      ? 'network namespaces need root'
      : !canRun('ip') || !canRun('ss')
        ? 'ip and ss (iproute2) are not installed'
        : false;

let made = 0;

export class Namespace {
  readonly name: string;
  #isDeleted = false;

  constructor() {
    made += 1;
    this.name = `prtest-${process.pid}-${made}`;
    run('ip', 'netns', 'add', this.name);
    process.once('exit', () => this.delete());
    this.ip('link', 'set', 'lo', 'up');
  }

  get within(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name];
  }

  ip(...args: readonly string[]): string {
    return run('ip', '-n', this.name, ...args);
  }

  run(program: string, ...args: readonly string[]): string {
    return run('ip', 'netns', 'exec', this.name, program, ...args);
  }

  /** Lays a cable to another namespace; each end is called `cable` and has the given addresses. */
  connect(other: Namespace, own: readonly string[], others: readonly string[]): void {
    this.ip('link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', other.name);
    for (const [side, addresses] of [[this, own] as const, [other, others] as const]) {
      for (const address of addresses) side.ip('addr', 'add', address, 'dev', 'cable', 'nodad');
      side.ip('link', 'set', 'cable', 'up');
    }
  }

  /** Makes the kernel itself hold a UDP port; false where it can't (it has no vxlan). */
  openInKernel(port: number): boolean {
    const device = ['vxlan', 'id', String(port), 'dstport', String(port), 'dev', 'lo'];
    try {
      this.ip('link', 'add', `kernel${port}`, 'up', 'type', ...device);
      return true;
    } catch {
      return false;
    }
  }

  /** What is sent to this neighbour is lost from now on. */
  loseNeighbour(address: string): void {
    const nobody = '02:00:00:00:00:99';
    this.ip('neigh', 'replace', address, 'lladdr', nobody, 'dev', 'cable', 'nud', 'permanent');
  }

  delete(): void {
    if (this.#isDeleted) return;
    this.#isDeleted = true;
    run('ip', 'netns', 'delete', this.name);
  }
}
