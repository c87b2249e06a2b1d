// What the kernel lets this process do: the capabilities it holds (capabilities(7)) and how far the
// kernel is locked down (kernel_lockdown(7)).

import { readFileSync } from 'node:fs';

/** include/uapi/linux/capability.h. */
const bits = {
  CAP_NET_ADMIN: 12n,
  CAP_SYS_PTRACE: 19n,
  CAP_SYS_ADMIN: 21n,
  CAP_PERFMON: 38n,
  CAP_BPF: 39n,
} as const;
export type Capability = keyof typeof bits;

/** Split off CAP_SYS_ADMIN in Linux 5.8, which still stands for them. */
const splitOff: ReadonlySet<Capability> = new Set(['CAP_BPF', 'CAP_PERFMON']);

/** Those of the wanted capabilities that this process does not hold. */
export function missingCapabilities(
  wanted: readonly Capability[],
  status = readText('/proc/self/status') ?? '',
): Capability[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  const holds = (name: Capability): boolean => ((effective >> bits[name]) & 1n) === 1n;
  return wanted.filter((name) => !holds(name) && !(splitOff.has(name) && holds('CAP_SYS_ADMIN')));
}

/** `none`, `integrity` or `confidentiality`; null where the kernel does not show it. The file reads
 * `none [integrity] confidentiality`. */
export function readLockdown(
  text = readText('/sys/kernel/security/lockdown') ?? '',
): string | null {
  return /\[(\w+)\]/.exec(text)?.[1] ?? null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
