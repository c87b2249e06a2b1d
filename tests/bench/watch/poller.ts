// What a script does that polls: sock_diag and /proc/PID/fd every 100 ms. It runs as a process of its
// own, so that what it costs can be told: the same bundle in another role.

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { AF_INET, IPPROTO_TCP, SockDiag } from '../../../native/linux/sock-diag.ts';
import { readSocketHolders } from '../../../native/linux/socket-holders.ts';
import { AddressFormatter } from '../../../ts-worker/src/model/address.ts';

const variable = 'PORTREPORTER_BENCH_POLLER';
const interval = 100;

function look(diag: SockDiag, addresses: AddressFormatter, seen: Map<string, number>): void {
  const inodes = new Map<string, number>();
  diag.dump(AF_INET, IPPROTO_TCP, (message) => {
    const end = (address: number, port: number) =>
      `${addresses.ipv4(message.view, address)}:${port}`;
    const local = end(message.localAddress, message.localPort);
    inodes.set(`${local} ${end(message.remoteAddress, message.remotePort)}`, message.inode);
  });
  const { byInode } = readSocketHolders();
  for (const [place, inode] of inodes) {
    const pid = byInode.get(inode)[0];
    if (pid !== undefined || !seen.has(place)) seen.set(place, pid ?? 0);
  }
}

/** True where this process was started as the poller; then it has ended. */
export async function playPoller(): Promise<boolean> {
  if (process.env[variable] === undefined) return false;
  const diag = new SockDiag();
  const addresses = new AddressFormatter();
  const seen = new Map<string, number>();
  let isOver = false;
  process.once('SIGINT', () => {
    isOver = true;
  });
  while (!isOver) {
    look(diag, addresses, seen);
    await pause(interval);
  }
  diag.close();
  for (const [place, pid] of seen) process.stdout.write(`${place} ${pid}\n`);
  return true;
}

export function spawnPoller(): ChildProcess {
  return spawn(process.execPath, [process.argv[1] ?? ''], {
    env: { ...process.env, [variable]: 'yes' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
