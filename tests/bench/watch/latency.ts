// How soon a change is an object in the pipeline: watch-latency.ps1 in PowerShell.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findPowerShell } from '../../../build/tasks/powershell.ts';

export interface Latency {
  readonly changes: number;
  /** Milliseconds within which so many of a hundred came. */
  readonly half: number;
  readonly ninetyNine: number;
  readonly most: number;
  readonly powershell: string;
}

/** The script's last line: `ms …, PowerShell 7.6.5: 50%: 9.1, 90%: …` */
function parse(text: string): Latency {
  const [, changes] = /: (\d+) changes by/.exec(text) ?? [];
  const [, powershell = '', list = ''] = /PowerShell ([\d.]+): (.*)/.exec(text) ?? [];
  const figures = [...list.matchAll(/%: ([\d,.]+)/g)].map(([, figure]) =>
    Number(figure?.replaceAll(',', '')),
  );
  const [half = Number.NaN, , ninetyNine = Number.NaN, most = Number.NaN] = figures;
  if (figures.length !== 4) throw new Error(`watch-latency.ps1 said: ${text}`);
  return { changes: Number(changes), half, ninetyNine, most, powershell };
}

export async function measureLatency(root: string): Promise<Latency> {
  const { program, args } = await findPowerShell(root);
  const script = join(root, 'tests/bench/watch-latency.ps1');
  const child = spawn(program, [...args, '-File', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  return parse(Buffer.concat(chunks).toString());
}
