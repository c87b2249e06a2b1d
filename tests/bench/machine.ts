// The machine a benchmark ran on, without anything that names it.

import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

function distribution(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}

export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(totalmem() / 2 ** 30);
  const kernel = release().split('-', 1)[0] ?? '';
  return (
    `${processors.length} cores (${model}), ${memory} GB of memory, ${distribution()}, ` +
    `Linux ${kernel}, Node ${process.versions.node}, ` +
    `load ${(loadavg()[0] ?? 0).toFixed(1)} before the run`
  );
}
