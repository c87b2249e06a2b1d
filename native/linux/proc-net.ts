// /proc/net/{tcp,tcp6,udp,udp6}: the tables as text (proc(5)). An address is hexadecimal, word by
// word in host byte order (little-endian on every system supported here); a port is in plain
// hexadecimal. The decoder is a pure function over text.

import { readFileSync } from 'node:fs';

export interface ProcNetLine {
  /** 4 or 16 bytes in network order. */
  readonly localAddress: Uint8Array;
  readonly localPort: number;
  readonly remoteAddress: Uint8Array;
  readonly remotePort: number;
  readonly state: number;
  readonly uid: number;
  readonly inode: number;
}

function decodeAddress(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const within = (i & ~3) + (3 - (i & 3)); // each 32-bit word is turned round
    bytes[i] = Number.parseInt(hex.slice(within * 2, within * 2 + 2), 16);
  }
  return bytes;
}

const line =
  /^ *\d+: ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{8}|[\dA-F]{32}):([\dA-F]{4}) ([\dA-F]{2}) \S+ \S+ \S+ +(\d+) +\d+ (\d+)/gm;

export function decodeProcNet(text: string): ProcNetLine[] {
  const lines: ProcNetLine[] = [];
  for (const match of text.matchAll(line)) {
    const [, local = '', localPort = '', remote = '', remotePort = '', state = '', uid, inode] =
      match;
    lines.push({
      localAddress: decodeAddress(local),
      localPort: Number.parseInt(localPort, 16),
      remoteAddress: decodeAddress(remote),
      remotePort: Number.parseInt(remotePort, 16),
      state: Number.parseInt(state, 16),
      uid: Number(uid),
      inode: Number(inode),
    });
  }
  return lines;
}

/** The table as the process `pid` sees it (`self` for our own namespace). */
export function readProcNet(pid: number | 'self', table: string): ProcNetLine[] {
  return decodeProcNet(readFileSync(`/proc/${pid}/net/${table}`, 'latin1'));
}
