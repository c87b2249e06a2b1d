// The socket table by BPF against sockets that the tests open.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import koffi from 'koffi';
import type { SocketRecord } from '../../native/linux/bpf/socket-record.ts';
import { SocketTable } from '../../native/linux/bpf/socket-table.ts';
import {
  end,
  heard,
  kill,
  listen,
  role,
  sayAndStay,
  spawnHolder,
  startRole,
  whyNoBpf,
} from './bpf-support.ts';
import { one, readTable, recordsAt, recordsOf, walkers } from './bpf-table-support.ts';

const UDP = 17;
const ESTABLISHED = 1;
const CLOSE = 7;
const LISTEN = 10;
const ipv4 = (text: string) => Uint8Array.from(text.split('.').map(Number));
const ipv6Loopback = Uint8Array.from([...Array(15).fill(0), 1]);

if (role === 'listener') {
  const server = await listen('0.0.0.0');
  await sayAndStay({ port: server.port, netNamespace: statSync('/proc/self/ns/net').ino });
  process.exit();
}
if (role === 'nested reader') {
  const server = await listen('127.0.0.1');
  const pids = (await readTable(SocketTable))
    .filter((record) => record.localPort === server.port)
    .map((record) => record.pid);
  await sayAndStay({ pids, pid: process.pid });
  process.exit();
}

const skip = whyNoBpf();

for (const Table of walkers) {
  describe(`the table by ${Table.name}`, { skip }, () => {
    test('a listener, with its holder', async () => {
      const server = await listen('127.0.0.1');
      const found = one(await recordsAt(Table, server.port));
      server.close();
      assert.equal(found.state, LISTEN);
      assert.equal(found.family, 2);
      assert.deepEqual(found.local, ipv4('127.0.0.1'));
      assert.equal(found.remotePort, 0);
      assert.equal(found.pid, process.pid);
      assert.equal(found.uid, process.geteuid?.());
      assert.equal(found.netNamespace, statSync('/proc/self/ns/net').ino);
      assert.notEqual(found.cookie, 0n);
    });

    test('the start time is that of /proc', async () => {
      const server = await listen('127.0.0.1');
      const { started } = one(await recordsAt(Table, server.port));
      server.close();
      // proc_pid_stat(5): field 22, in ticks of 1/100 s; fields count anew behind the name's bracket
      const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
      assert.equal(started / 10_000_000n, BigInt(fields[19] ?? -1));
    });

    test('the inode and the descriptor are those of /proc', async () => {
      const server = await listen('127.0.0.1');
      const { fd, inode } = one(await recordsAt(Table, server.port));
      const link = statSync(`/proc/self/fd/${fd}`).ino;
      server.close();
      assert.equal(link, inode);
    });

    test('both ends of a connection', async () => {
      const server = await listen('127.0.0.1');
      const client = connect(server.port, '127.0.0.1');
      const [accepted] = (await once(server, 'connection')) as [Socket];
      const { localPort = 0 } = client;
      const near = one(await recordsAt(Table, localPort));
      const far = one(
        (await recordsAt(Table, server.port)).filter((record) => record.remotePort === localPort),
      );
      client.destroy();
      accepted.destroy();
      server.close();
      assert.deepEqual([near.state, far.state], [ESTABLISHED, ESTABLISHED]);
      assert.equal(near.remotePort, server.port);
      assert.deepEqual(near.remote, ipv4('127.0.0.1'));
      assert.notEqual(near.cookie, far.cookie);
    });

    test('UDP, bound and connected', async () => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      const { port } = socket.address();
      const bound = one(await recordsAt(Table, port, UDP));
      socket.connect(9, '127.0.0.2');
      await once(socket, 'connect');
      const connected = one(await recordsAt(Table, port, UDP));
      socket.close();
      assert.deepEqual([bound.state, bound.remotePort], [CLOSE, 0]);
      assert.deepEqual([connected.state, connected.remotePort], [ESTABLISHED, 9]);
      assert.deepEqual(connected.remote, ipv4('127.0.0.2'));
      assert.equal(connected.inode, bound.inode);
    });

    test('IPv6, dual-stack or not', async () => {
      const loopback = await listen('::1', true);
      const dual = await listen('::');
      const found = [
        one(await recordsAt(Table, loopback.port)),
        one(await recordsAt(Table, dual.port)),
      ];
      loopback.close();
      dual.close();
      assert.deepEqual([found[0]?.family, found[1]?.family], [10, 10]);
      assert.deepEqual(found[0]?.local, ipv6Loopback);
      assert.deepEqual([found[0]?.ipv6Only, found[1]?.ipv6Only], [true, false]);
    });

    test('a socket without a port is not in the table', async () => {
      const fd = koffi.load(null).func('int socket(int, int, int)')(2, 2, 0); // AF_INET, SOCK_DGRAM
      const isOpen = readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      const records = (await readTable(Table)).filter(
        (record) => record.pid === process.pid && record.fd === fd,
      );
      closeSync(fd);
      assert.ok(isOpen);
      assert.deepEqual(records, []);
    });

    test('another network namespace', async () => {
      const child = startRole('listener', ['unshare', '--net']);
      const { port, netNamespace } = await heard<{ port: number; netNamespace: number }>(child);
      const found = one(
        (await readTable(Table)).filter(
          (record) => record.pid === child.pid && record.localPort === port,
        ),
      );
      await end(child);
      assert.equal(found.netNamespace, netNamespace);
      assert.notEqual(netNamespace, statSync('/proc/self/ns/net').ino);
    });

    test('every holder of an inherited socket', async () => {
      const server = await listen('127.0.0.1');
      const { fd, inode } = one(await recordsAt(Table, server.port));
      const heir = await spawnHolder([fd, fd]);
      const shared = await recordsOf(Table, inode);
      server.close();
      await once(server, 'close');
      const orphaned = await recordsOf(Table, inode);
      await kill(heir);
      const gone = await recordsOf(Table, inode);
      const holders = (records: SocketRecord[]) =>
        records.map((record) => `${record.pid} ${record.fd}`).sort();
      const own = [`${heir.pid} 3`, `${heir.pid} 4`];
      assert.deepEqual(holders(shared), [...own, `${process.pid} ${fd}`].sort());
      assert.deepEqual(holders(orphaned), own);
      assert.deepEqual(gone, []);
    });

    test('more records than one buffer holds', async () => {
      const server = await listen('127.0.0.1');
      const { fd, inode } = one(await recordsAt(Table, server.port));
      const many = Array<number>(8000).fill(fd);
      const heir = await spawnHolder(many);
      const found = (await recordsOf(Table, inode)).filter((record) => record.pid === heir.pid);
      server.close();
      await kill(heir);
      assert.equal(found.length, many.length);
      assert.equal(new Set(found.map((record) => record.fd)).size, many.length);
    });

    test('a closed table can be closed again', async () => {
      const table = new Table();
      table.close();
      table.close();
      await assert.rejects(table.read(() => {}));
    });
  });
}

test('pids as the reader sees them in a nested pid namespace', { skip }, async () => {
  const child = startRole('nested reader', ['unshare', '--pid', '--fork', '--mount-proc']);
  const { pids, pid } = await heard<{ pids: number[]; pid: number }>(child);
  await end(child);
  assert.deepEqual(pids, [pid]);
  assert.equal(pid, 1);
});
