// The socket table by BPF beside what others say of the same sockets: ss, and the port tables.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import koffi from 'koffi';
import { portOffsets, portRecordSize } from '../../native/linux/bpf/port-record.ts';
import { PortTables } from '../../native/linux/bpf/port-tables.ts';
import { listNetworkNamespaces } from '../../native/linux/namespaces.ts';
import { kill, listen, spawnHolder, whyNoBpf } from './bpf-support.ts';
import { one, readTable, recordsAt, TCP, walkers } from './bpf-table-support.ts';

const LISTEN = 10; // include/net/tcp_states.h
const skip = whyNoBpf();

/** The rows of ss that name one of these processes: `tcp ADDRESS:PORT PEER:PORT PID FD`. */
function rowsOfSs(pids: ReadonlySet<number>): string[] {
  const { stdout } = spawnSync('ss', ['-H', '-n', '-t', '-u', '-a', '-p', '-O'], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return stdout.split('\n').flatMap((line) => {
    const [protocol, , , , local, peer] = line.split(/\s+/);
    return [...line.matchAll(/pid=(\d+),fd=(\d+)/g)]
      .filter(([, pid]) => pids.has(Number(pid)))
      .map(([, pid, fd]) => `${protocol} ${port(local)} ${port(peer)} ${pid} ${fd}`);
  });
}

const port = (end = '') => end.slice(end.lastIndexOf(':') + 1).replace('*', '0');

const noSs = spawnSync('ss', ['-V']).error ? 'ss is not installed' : false;

for (const Table of walkers) {
  test(`${Table.name} agrees with ss`, { skip: skip || noSs }, async () => {
    const servers = [await listen('127.0.0.1'), await listen('::'), await listen('::1', true)];
    const clients = servers.slice(0, 2).map((server) => connect(server.port, '127.0.0.1'));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    const datagrams = createSocket('udp6');
    datagrams.bind(0, '::1');
    await once(datagrams, 'listening');
    const heir = await spawnHolder([
      one((await recordsAt(Table, servers[0]?.port ?? 0)).slice(0, 1)).fd,
    ]);
    const pids = new Set([process.pid, heir.pid ?? 0]);
    const expected = rowsOfSs(pids);
    const found = (await readTable(Table)).filter((record) => pids.has(record.pid));
    for (const client of clients) client.destroy();
    for (const server of servers) server.close();
    datagrams.close();
    await kill(heir);
    const rows = found.map(
      ({ protocol, localPort, remotePort, pid, fd }) =>
        `${protocol === TCP ? 'tcp' : 'udp'} ${localPort} ${remotePort} ${pid} ${fd}`,
    );
    assert.ok(expected.length >= 7, `ss shows ${expected.length} rows`);
    assert.deepEqual(rows.sort(), expected.sort());
  });
}

const AF_INET_STREAM_MPTCP = [2, 1, 262] as const;

/** A listener as Go makes them, or null where the kernel has no MPTCP. */
function listenByMptcp(): number | null {
  const library = koffi.load(null);
  const fd = library.func('int socket(int, int, int)')(...AF_INET_STREAM_MPTCP);
  if (fd < 0) return null;
  const address = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0); // sockaddr_in
  assert.equal(library.func('int bind(int, void *, int)')(fd, address, address.length), 0);
  assert.equal(library.func('int listen(int, int)')(fd, 1), 0);
  return fd;
}

for (const Table of walkers) {
  test(`an MPTCP listener by ${Table.name}, and the TCP one below it`, { skip }, async (t) => {
    const fd = listenByMptcp();
    if (fd === null) {
      t.skip('this kernel has no MPTCP');
      return;
    }
    const found = one(
      (await readTable(Table)).filter((row) => row.pid === process.pid && row.fd === fd),
    );
    const below = (await readPorts()).filter((row) => row.inode === found.inode);
    closeSync(fd);
    assert.deepEqual([found.protocol, found.state], [262, LISTEN]);
    assert.deepEqual(below, [{ inode: found.inode, state: LISTEN, localPort: found.localPort }]);
  });
}

async function readPorts() {
  const tables = new PortTables();
  const own = listNetworkNamespaces().filter(({ isOwn }) => isOwn);
  const rows: { inode: number; state: number; localPort: number }[] = [];
  const decode = (records: Uint8Array) => {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at < records.length; at += portRecordSize) {
      rows.push({
        inode: Number(view.getBigUint64(at + portOffsets.inode, true)),
        state: view.getUint32(at + portOffsets.state, true),
        localPort: view.getUint16(at + portOffsets.localPort, true),
      });
    }
  };
  await tables.read(own, decode, (error) => assert.fail(String(error)));
  tables.close();
  return rows;
}
