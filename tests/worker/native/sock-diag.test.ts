import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AF_INET,
  AF_INET6,
  type DiagMessage,
  type DumpEnd,
  decodeDump,
  dumpRequest,
  IPPROTO_TCP,
  SockDiag,
  tcpDumpRequest,
} from '../../../native/linux/sock-diag.ts';
import { formatIPv6 } from '../../../ts-worker/src/model/address.ts';
import { Random } from '../support/random.ts';

const SOCK_DIAG_BY_FAMILY = 20;
const NLMSG_NOOP = 1;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** struct nlmsghdr before a body, padded to four bytes; `length` may lie. */
function message(type: number, body: Uint8Array, about: { flags?: number; length?: number } = {}) {
  const bytes = Buffer.alloc((16 + body.length + 3) & ~3);
  bytes.writeUInt32LE(about.length ?? 16 + body.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(about.flags ?? 2, 6);
  bytes.set(body, 16);
  return bytes;
}

const errno = (number: number): Buffer => {
  const body = Buffer.alloc(4);
  body.writeInt32LE(-number);
  return body;
};

const done = message(NLMSG_DONE, errno(0));

/** struct inet_diag_msg of linux/inet_diag.h, written byte by byte. */
function diagMessage(localPort: number, extra = 0): Buffer {
  const body = Buffer.alloc(72 + extra);
  body.set([AF_INET6, 10, 0, 0]); // idiag_family, idiag_state
  body.writeUInt16BE(localPort, 4); // idiag_sport
  body.writeUInt16BE(50_000, 6); // idiag_dport
  body.set([0xfe, 0x80, ...new Array<number>(13).fill(0), 1], 8); // idiag_src
  body.set([0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 2], 24); // idiag_dst
  body.writeUInt32LE(7, 40); // idiag_if
  body.writeUInt32LE(0x89abcdef, 44); // idiag_cookie[0], the low word
  body.writeUInt32LE(0x1234, 48);
  body.writeUInt32LE(65_534, 64); // idiag_uid
  body.writeUInt32LE(4_000_000_000, 68); // idiag_inode
  return message(SOCK_DIAG_BY_FAMILY, body);
}

function portsOf(bytes: Uint8Array): { ports: number[]; end: DumpEnd } {
  const ports: number[] = [];
  const end = decodeDump(bytes, ({ localPort }) => ports.push(localPort));
  return { ports, end };
}

describe('decodeDump', () => {
  it('reads every member of a message', () => {
    const seen: object[] = [];
    const at = (one: DiagMessage, offset: number) =>
      formatIPv6(new Uint8Array(one.view.buffer, one.view.byteOffset + offset, 16));
    decodeDump(diagMessage(443), (one) => {
      const { family, state, localPort, remotePort, scope, cookie, uid, inode } = one;
      const ends = [at(one, one.localAddress), at(one, one.remoteAddress)];
      seen.push({ family, state, localPort, remotePort, scope, cookie, uid, inode, ends });
    });
    assert.deepEqual(seen, [
      {
        family: AF_INET6,
        state: 10,
        localPort: 443,
        remotePort: 50_000,
        scope: 7,
        cookie: 0x1234_89ab_cdef,
        uid: 65_534,
        inode: 4_000_000_000,
        ends: ['fe80::1', '2001:db8::2'],
      },
    ]);
  });

  it('walks messages with attributes and odd lengths, and stops at the end', () => {
    const bytes = Buffer.concat([diagMessage(1, 5), diagMessage(2, 8), done, diagMessage(3)]);
    assert.deepEqual(portsOf(bytes), { ports: [1, 2], end: { done: true, interrupted: false } });
  });

  it('goes on where the end has not come yet', () => {
    assert.deepEqual(portsOf(diagMessage(1)).end, { done: false, interrupted: false });
    assert.deepEqual(portsOf(Buffer.alloc(0)).end, { done: false, interrupted: false });
  });

  it('says that the table changed meanwhile, wherever the kernel says so', () => {
    const changed = message(NLMSG_DONE, errno(0), { flags: 0x12 });
    assert.ok(portsOf(Buffer.concat([diagMessage(1), changed])).end.interrupted);
    const early = message(NLMSG_NOOP, Buffer.alloc(0), { flags: 0x10 });
    assert.ok(portsOf(Buffer.concat([early, done])).end.interrupted);
  });

  it('fails where the kernel reports an error, in either closing message', () => {
    for (const type of [NLMSG_ERROR, NLMSG_DONE]) {
      const bytes = Buffer.concat([diagMessage(1), message(type, errno(2))]);
      assert.throws(() => portsOf(bytes), {
        code: 'ENOENT',
        message: 'sock_diag() failed: ENOENT',
      });
    }
  });

  it('takes a closing message without an error for a good one', () => {
    const bare = message(NLMSG_DONE, Buffer.alloc(0));
    assert.deepEqual(portsOf(bare).end, { done: true, interrupted: false });
  });

  it('passes over messages too short to hold a socket', () => {
    const short = message(SOCK_DIAG_BY_FAMILY, Buffer.alloc(71));
    assert.deepEqual(portsOf(Buffer.concat([short, diagMessage(9), done])).ports, [9]);
  });

  it('refuses lengths that lie', () => {
    for (const length of [0, 15, 89, 0x7fff_ffff, 0xffff_ffff]) {
      const bytes = message(SOCK_DIAG_BY_FAMILY, Buffer.alloc(72), { length });
      assert.throws(() => portsOf(bytes), {
        message: `sock_diag: a message of ${length} bytes where 88 are left`,
      });
    }
  });

  it('never reads beyond its bytes nor runs on, whatever they are', () => {
    const random = new Random(6);
    const whole = Buffer.concat([diagMessage(1), diagMessage(2, 5), done]);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Buffer.from(whole.subarray(0, random.below(whole.length + 1)));
      for (let hit = 0; hit < 3; hit++) bytes[random.below(bytes.length)] = random.below(256);
      try {
        const { ports } = portsOf(bytes);
        assert.ok(ports.length <= 2);
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof RangeError), String(error));
      }
    }
  });

  it('asks for all sockets of one family and protocol', () => {
    const header = '48000000 1400 0103 00000000 00000000'; // length, type, flags, sequence, pid
    const asked = `0206 0000 ffffffff ${'00'.repeat(48)}`; // family, protocol, all states
    const expected = `${header}${asked}`.replaceAll(' ', '');
    assert.equal(dumpRequest(AF_INET, IPPROTO_TCP).toString('hex'), expected);
  });

  it('asks for the TCP sockets of both families', () => {
    const header = '4c000000 1200 0103 00000000 00000000'; // the older type of request
    const asked = `00000000 ${'00'.repeat(48)} ffffffff 00000000`; // all states
    const expected = `${header}${asked}`.replaceAll(' ', '');
    assert.equal(tcpDumpRequest().toString('hex'), expected);
  });
});

describe('SockDiag', { skip: process.platform !== 'linux' && 'sock_diag is Linux' }, () => {
  it('fails where the kernel knows no such protocol, and still serves the next dump', () => {
    const diag = new SockDiag();
    try {
      assert.throws(() => diag.dump(AF_INET, 255, () => {}), { code: 'ENOENT' });
      assert.throws(() => diag.dump(77, IPPROTO_TCP, () => {}), { code: 'EINVAL' });
      assert.equal(typeof diag.dump(AF_INET, IPPROTO_TCP, () => {}), 'boolean');
    } finally {
      diag.close();
    }
  });
});
