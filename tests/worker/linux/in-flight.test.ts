// A descriptor on its way from one process to another (SCM_RIGHTS, unix(7)): the socket lives, and for
// the moment no process has it. And many sockets at once, so that marks in the kernel collide.

import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { after, describe, it } from 'node:test';
import koffi from 'koffi';
import { FileWalk } from '../../../native/linux/bpf/file-walk.ts';
import { SocketTable } from '../../../native/linux/bpf/socket-table.ts';
import { createLinuxEndpoints } from '../../../ts-worker/src/endpoints/linux.ts';
import { whyNoBpf } from '../bpf-support.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/** Sends the descriptor to ourselves; it is in flight until the pair is closed. */
function sendAway(fd: number): readonly [number, number] {
  const library = koffi.load(null);
  const pair = new Int32Array(2);
  assert.equal(
    library.func('int socketpair(int, int, int, int *)')(AF_UNIX, SOCK_DGRAM, 0, pair),
    0,
  );
  const control = Buffer.alloc(24); // struct cmsghdr with one descriptor (cmsg(3))
  control.writeBigUInt64LE(20n, 0);
  control.writeInt32LE(SOL_SOCKET, 8);
  control.writeInt32LE(SCM_RIGHTS, 12);
  control.writeInt32LE(fd, 16);
  const data = Buffer.from('x');
  const vector = Buffer.alloc(16); // struct iovec
  vector.writeBigUInt64LE(koffi.address(data), 0);
  vector.writeBigUInt64LE(1n, 8);
  const message = Buffer.alloc(56); // struct msghdr (sendmsg(2)) of 64-bit systems
  message.writeBigUInt64LE(koffi.address(vector), 16);
  message.writeBigUInt64LE(1n, 24);
  message.writeBigUInt64LE(koffi.address(control), 32);
  message.writeBigUInt64LE(BigInt(control.length), 40);
  const sent = library.func('long sendmsg(int, const void *, int)')(pair[0] ?? 0, message, 0);
  assert.equal(Number(sent), 1);
  return [pair[0] ?? 0, pair[1] ?? 0];
}

/** A listener with a plain descriptor of its own, and its port. */
function listen(): { fd: number; port: number } {
  const library = koffi.load(null);
  const fd = library.func('int socket(int, int, int)')(2, 1, 0);
  const address = Buffer.from([2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(library.func('int bind(int, const void *, int)')(fd, address, 16), 0);
  assert.equal(library.func('int listen(int, int)')(fd, 1), 0);
  const length = Int32Array.of(16);
  library.func('int getsockname(int, void *, void *)')(fd, address, length);
  return { fd, port: address.readUInt16BE(2) };
}

for (const [source, Walk] of [
  ['Bpf', FileWalk],
  ['BpfIterators', SocketTable],
] as const) {
  describe(`the walks by ${source}`, { skip: whyNoBpf() }, () => {
    const endpoints = createLinuxEndpoints();
    after(() => endpoints.close());

    const holdersAt = async (port: number) => {
      const { sockets } = await endpoints.read({ source });
      const found = [...sockets].filter(
        ({ localPort, state }) => localPort === port && state === 'Listen',
      );
      return found.map(({ holders }) => holders.map(({ pid }) => pid));
    };

    it('show a socket whose only descriptor is in flight', async () => {
      const { fd, port } = listen();
      assert.deepEqual(await holdersAt(port), [[process.pid]]);
      const pair = sendAway(fd);
      assert.deepEqual(await holdersAt(port), [[process.pid]]);
      closeSync(fd);
      assert.deepEqual(await holdersAt(port), [[]]);
      for (const each of pair) closeSync(each);
      assert.deepEqual(await holdersAt(port), []);
    });

    it('look once for who has a socket that nobody has', async (context) => {
      const { fd, port } = listen();
      const pair = sendAway(fd);
      closeSync(fd);
      const walks = context.mock.method(Walk.prototype, 'read');
      const walksOf = async (holders: readonly number[]) => {
        const before = walks.mock.callCount();
        assert.deepEqual(await holdersAt(port), [holders]);
        return walks.mock.callCount() - before;
      };
      assert.equal(await walksOf([]), 2);
      // Another test may open a socket between the walks of one read, but not in all of them.
      const again = [await walksOf([]), await walksOf([]), await walksOf([])];
      assert.equal(Math.min(...again), 1);
      for (const each of pair) closeSync(each);
    });

    it('show every socket once, again and again, while others come and go', async () => {
      const servers = new Set<Server>();
      const ports: number[] = [];
      for (let i = 0; i < 300; i++) {
        const server = createServer().listen(0, '127.0.0.1');
        servers.add(server);
        await new Promise((resolve) => server.once('listening', resolve));
        const address = server.address();
        if (address !== null && typeof address === 'object') ports.push(address.port);
      }
      for (let round = 0; round < 3; round++) {
        const [one, other] = await Promise.all([0, 1].map(() => endpoints.read({ source })));
        for (const table of [one, other]) {
          const ours = [...(table?.sockets ?? [])].filter(
            ({ holders }) => holders[0]?.pid === process.pid,
          );
          const seen = ours
            .filter(({ state }) => state === 'Listen')
            .map(({ localPort }) => localPort);
          assert.deepEqual(seen.sort(), [...ports].sort());
        }
      }
      for (const server of servers) server.close();
    });
  });
}
