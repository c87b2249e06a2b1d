// The tools that Get-PortSnapshot is compared with, and how their texts are read for the comparison
// of what they saw. Reading them is not timed: their times are those of the bare text.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Row } from '../sockets/row.ts';

export interface Tool {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  parse(text: string): Row[];
}

/** Runs the command to its end and gives what it printed. */
export async function outputOf([program, ...args]: Tool['command']): Promise<Buffer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks);
}

/** The words of ss, netstat and lsof for PortReporter's; those of UDP say nothing more than `Bound`. */
const states: Readonly<Record<string, string>> = {
  ESTAB: 'Established',
  ESTABLISHED: 'Established',
  LISTEN: 'Listen',
};

function stateOf(protocol: Row['protocol'], word: string): string | null {
  return protocol === 'UDP' ? 'Bound' : (states[word] ?? word);
}

/** `*`, `0.0.0.0:*` and `[::]:*` are no remote end. */
function endOf(text: string): string | null {
  return text === '' || text.endsWith('*') ? null : text.replace(/[[\]]/g, '');
}

function rowOf(name: string, ends: readonly [string, string], word: string, pids: number[]): Row {
  const protocol = name.toLowerCase().startsWith('udp') ? 'UDP' : 'TCP';
  const [local, remote] = ends;
  const state = stateOf(protocol, word);
  return { protocol, local: endOf(local) ?? local, remote: endOf(remote), state, pids };
}

function parseSs(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', word = '', , , local = '', remote = ''] = line.split(/\s+/);
    if (!/^(tcp|udp)$/.test(name)) return [];
    const pids = [...line.matchAll(/pid=(\d+)/g)].map((match) => Number(match[1]));
    return [rowOf(name, [local, remote], word, pids)];
  });
}

/** netstat shows one process of each socket; the column of the state is empty for most of UDP. */
function parseNetstat(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , , local = '', remote = '', ...rest] = line.trim().split(/\s+/);
    if (!/^(tcp|udp)6?$/.test(name)) return [];
    const pid = rest.flatMap((word) => /^(\d+)\//.exec(word)?.[1] ?? []).map(Number);
    return [rowOf(name, [local, remote], rest[0] ?? '', pid)];
  });
}

/** lsof has a line for each holder; those of one socket have one device number. */
function parseLsof(text: string): Row[] {
  const sockets = new Map<string, { row: Row; pids: number[] }>();
  for (const line of text.split('\n')) {
    const [, pid, , , , device = '', , name = '', ends = '', word = ''] = line.split(/\s+/);
    if (!/^(TCP|UDP)$/.test(name)) continue;
    const known = sockets.get(device);
    if (known !== undefined) {
      if (!known.pids.includes(Number(pid))) known.pids.push(Number(pid));
      continue;
    }
    const [local = '', remote = ''] = ends.split('->');
    const pids = [Number(pid)];
    const row = rowOf(name, [local, remote], word.replace(/[()]/g, ''), pids);
    sockets.set(device, { row, pids });
  }
  return [...sockets.values()].map(({ row }) => row);
}

/** The package systeminformation, in a Node of its own as a script would use it. */
function systeminformation(modulePath: string): Tool {
  const script =
    `require(${JSON.stringify(modulePath)}).networkConnections()` +
    '.then((rows) => process.stdout.write(JSON.stringify(rows)))';
  return {
    name: 'systeminformation',
    command: [process.execPath, '-e', script],
    parse: (text) => (JSON.parse(text) as Connection[]).map(parseConnection),
  };
}

interface Connection {
  readonly protocol: string;
  readonly localAddress: string;
  readonly localPort: string;
  readonly peerAddress: string;
  readonly peerPort: string;
  readonly state: string;
  readonly pid: number | null;
}

function parseConnection(it: Connection): Row {
  const ends = [`${it.localAddress}:${it.localPort}`, `${it.peerAddress}:${it.peerPort}`] as const;
  return rowOf(it.protocol, ends, it.state, it.pid === null ? [] : [it.pid]);
}

export const ss: Tool = { name: 'ss -tunap', command: ['ss', '-tunap'], parse: parseSs };

export function otherTools(systeminformationPath: string): Tool[] {
  return [
    ss,
    { name: 'netstat -tunap', command: ['netstat', '-tunap'], parse: parseNetstat },
    { name: 'lsof -nP -i', command: ['lsof', '-nP', '-i'], parse: parseLsof },
    systeminformation(systeminformationPath),
  ];
}

/** What session.ps1 saved. */
export function parseSaved(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', local = '', remote = '', state = '', pids = ''] = line.trim().split('\t');
    if (name === '') return [];
    const holders = pids === '' ? [] : pids.split(',').map(Number);
    const end = remote === ':' ? '' : remote;
    return [{ ...rowOf(name, [local, end], '', holders), state }];
  });
}
