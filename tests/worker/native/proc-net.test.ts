import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeProcNet } from '../../../native/linux/proc-net.ts';
import { formatIPv4, formatIPv6 } from '../../../ts-worker/src/model/address.ts';
import { readSample } from '../support/repository.ts';

type Line = readonly [local: string, remote: string, state: number, uid: number, inode: number];

/** A table captured in a network namespace of its own, in short. */
function decode(name: string): Line[] {
  const format = name.endsWith('6') ? formatIPv6 : formatIPv4;
  return decodeProcNet(readSample(`proc-net/${name}`).toString('latin1')).map((line) => [
    `${format(line.localAddress)} ${line.localPort}`,
    `${format(line.remoteAddress)} ${line.remotePort}`,
    line.state,
    line.uid,
    line.inode,
  ]);
}

describe('/proc/net', () => {
  it('tcp: a listener, both ends, a remembered one without a process', () => {
    assert.deepEqual(decode('tcp'), [
      ['127.0.0.1 8080', '0.0.0.0 0', 10, 0, 2904009],
      ['127.0.0.1 8080', '127.0.0.1 40003', 8, 0, 2904017],
      ['127.0.0.1 40002', '127.0.0.1 8080', 6, 0, 0],
      ['127.0.0.1 40003', '127.0.0.1 8080', 5, 0, 2904016],
      ['192.0.2.1 33554', '192.0.2.9 9', 2, 0, 2904872],
      ['127.0.0.1 40001', '127.0.0.1 443', 1, 0, 2904012],
    ]);
  });

  it('tcp6: addresses are turned round word by word', () => {
    assert.deepEqual(decode('tcp6'), [
      ['2001:db8::1 8443', ':: 0', 10, 0, 2904011],
      [':: 443', ':: 0', 10, 0, 2904010],
      ['::ffff:127.0.0.1 443', '::ffff:127.0.0.1 40001', 1, 0, 2904013],
    ]);
  });

  it('udp and udp6: an indented header, numbers of hash buckets in front', () => {
    assert.deepEqual(decode('udp'), [
      ['0.0.0.0 53', '0.0.0.0 0', 7, 0, 2904873],
      ['127.0.0.1 5353', '127.0.0.1 53', 1, 0, 2904874],
    ]);
    assert.deepEqual(decode('udp6'), [
      [':: 123', ':: 0', 7, 0, 2904877],
      ['fe80::1 5355', ':: 0', 7, 0, 2904876],
    ]);
  });

  it('takes numbers as wide as they come, and passes over what is no line of the table', () => {
    const line =
      '123456: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 4294967294' +
      '        0 4294967295 1 0000000000000000 100 0 0 10 0\n';
    const [only, ...more] = decodeProcNet(`${line}  sl  local_address\n\n 1: 01:02 gar bage\n`);
    assert.equal(only?.uid, 4_294_967_294);
    assert.equal(only?.inode, 4_294_967_295);
    assert.deepEqual(more, []);
    assert.deepEqual(decodeProcNet(line.slice(0, 60)), []);
    assert.deepEqual(decodeProcNet(''), []);
  });
});
