import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addressTest } from '../../../ts-worker/src/model/filter/address.ts';
import { choice, stateChoice } from '../../../ts-worker/src/model/filter/choice.ts';
import { numberTest } from '../../../ts-worker/src/model/filter/number.ts';

describe('address filter', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['10.0.0.1', ['10.0.0.1', '::ffff:10.0.0.1'], ['10.0.0.10', '::10.0.0.1']],
    ['10.0.0.0/8', ['10.255.0.1', '::ffff:10.1.1.1'], ['11.0.0.0', '9.255.255.255', 'a00::']],
    ['10.1.2.3/8', ['10.9.9.9'], ['11.1.2.3']],
    ['0.0.0.0/0', ['1.2.3.4', '::ffff:1.2.3.4'], ['::1', '::']],
    ['1.2.3.4/32', ['1.2.3.4'], ['1.2.3.5']],
    ['128.0.0.0/1', ['128.0.0.0', '255.255.255.255'], ['127.255.255.255']],
    ['192.168.4.0/22', ['192.168.7.255'], ['192.168.8.0', '192.168.3.255']],
    ['::/0', ['::', 'fe80::1%2', '::ffff:1.2.3.4'], ['1.2.3.4']],
    ['::1/128', ['::1'], ['::2', '::']],
    ['fe80::/10', ['fe80::1%2', 'febf::'], ['fec0::', 'fe7f::']],
    ['fe80::1%2', ['fe80::1%2'], ['fe80::1%3', 'fe80::1']],
    ['fe80::1', ['fe80::1%2', 'fe80::1'], ['fe80::2']],
    ['[::1]', ['::1'], ['::2', ':', '1']],
    ['[fe80::1%2]', ['fe80::1%2'], ['fe80::1%3']],
    ['FE80:0::0:1', ['fe80::1'], []],
    ['::ffff:10.0.0.0/104', ['::ffff:10.9.9.9'], ['10.9.9.9', '::ffff:11.0.0.0']],
    ['192.168.*', ['192.168.0.1', '::ffff:192.168.0.1'], ['192.16.8.1', '1192.168.0.1']],
    ['10.0.0.[1-3]', ['10.0.0.2'], ['10.0.0.4', '10.0.0.12']],
    ['*::1', ['::1', 'fe80::1'], ['::2']],
    ['::FFFF:*', ['::ffff:1.2.3.4'], ['1.2.3.4']],
    [' 127.0.0.1 ', ['127.0.0.1'], []],
  ];
  for (const [filter, fitting, other] of cases) {
    it(filter, () => {
      const test = addressTest('localAddress', [filter]);
      for (const text of fitting) assert.ok(test(text), `fits ${text}`);
      for (const text of other) assert.ok(!test(text), `does not fit ${text}`);
    });
  }

  it('fits where any of several values fits', () => {
    const test = addressTest('remoteAddress', ['10.0.0.0/8', '::1', '192.*']);
    const texts = ['10.1.1.1', '::1', '192.0.2.1', '172.16.0.1'];
    assert.deepEqual(texts.map(test), [true, true, true, false]);
  });

  const bad = [
    ...['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/9', '::/129', '::/ 8', '/8'],
    ...['localhost', '10.0.0', '10.0.0.0.0', 'fe80::%', '10.0.0.1%2', '10.0.0.1:80', 'host*'],
  ];
  for (const value of bad) {
    it(`refuses '${value}'`, () => {
      assert.throws(() => addressTest('remoteAddress', ['10.0.0.1', value]), {
        code: 'PR_FILTER_INVALID',
        message:
          `'${value}' is not a value that -RemoteAddress understands; it accepts an IPv4 or IPv6 ` +
          'address, a CIDR block such as 10.0.0.0/8 or fe80::/10, or text with wildcards such as ' +
          '192.168.*.',
        target: value,
      });
    });
  }

  it('refuses a zone by name, which no address has', () => {
    assert.throws(() => addressTest('localAddress', ['fe80::1%eth0']), {
      code: 'PR_FILTER_INVALID',
      hint: 'The zone behind % is the number of an interface, as in fe80::1%2.',
    });
  });

  it('refuses a set of characters that is not closed', () => {
    assert.throws(() => addressTest('localAddress', ['10.[0']), { code: 'PR_FILTER_INVALID' });
  });
});

describe('number filter', () => {
  it('takes single numbers and ranges, their ends included', () => {
    const test = numberTest('localPort', ['80', ' 8000 - 8100 ', '0', '65535'], 65_535);
    const fitting = [0, 80, 8000, 8050, 8100, 65_535];
    const other = [1, 79, 81, 7999, 8101, 65_534];
    assert.deepEqual(fitting.filter(test), fitting);
    assert.deepEqual(other.filter(test), []);
  });

  const bad = ['65536', '8100-8000', '-1', '1-', '-', '1,2', '1e3', '0x50', '80.0', 'http', '١'];
  for (const value of [...bad, '99999999999', '80-65536', '1-2-3', '+80', '80 90']) {
    it(`refuses '${value}'`, () => {
      assert.throws(() => numberTest('localPort', ['80', value], 65_535), {
        code: 'PR_FILTER_INVALID',
        message:
          `'${value}' is not a value that -LocalPort understands; it accepts a number from 0 to ` +
          '65535 or a range such as 8000-8100.',
        target: value,
      });
    });
  }

  it('speaks of ranges for ports alone: -ProcessId takes none', () => {
    assert.throws(() => numberTest('processId', ['-5'], 9), { message: /from 0 to 9\.$/ });
  });
});

describe('choice filter', () => {
  it('takes values in any case', () => {
    assert.deepEqual([...choice('protocol', [' tcp', 'UDP'], ['TCP', 'UDP'])], ['TCP', 'UDP']);
  });

  it('takes the states under the names that netstat, ss and PortQry give them', () => {
    const given = [
      'LISTENING',
      'TIME_WAIT',
      'CLOSE-WAIT',
      'estab',
      'SYN_RECV',
      'FIN-WAIT-1',
      'bound',
    ];
    assert.deepEqual(
      [...stateChoice('state', given)],
      ['Listen', 'TimeWait', 'CloseWait', 'Established', 'SynReceived', 'FinWait1', 'Bound'],
    );
  });

  for (const value of ['Open', 'constructor', '__proto__', 'toString', '*']) {
    it(`refuses the state '${value}'`, () => {
      assert.throws(() => stateChoice('state', [value]), {
        code: 'PR_FILTER_INVALID',
        message:
          `'${value}' is not a value that -State understands; it accepts one of Bound, Closed, ` +
          'CloseWait, Closing, DeleteTCB, Established, FinWait1, FinWait2, LastAck, Listen, ' +
          'SynReceived, SynSent, TimeWait.',
      });
    });
  }

  it('refuses another protocol', () => {
    assert.throws(() => choice('protocol', ['SCTP'], ['TCP', 'UDP']), {
      message: "'SCTP' is not a value that -Protocol understands; it accepts one of TCP, UDP.",
    });
  });
});
