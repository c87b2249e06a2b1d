import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { State } from '../../../ts-worker/src/model/endpoint.ts';
import { PortReporterError, reportOf } from '../../../ts-worker/src/model/error.ts';
import { countPorts } from '../../../ts-worker/src/model/statistics.ts';
import { toIso } from '../../../ts-worker/src/time/iso.ts';
import { socket } from '../support/rows.ts';

const tcp = (count: number, state: State) => Array.from({ length: count }, () => socket({ state }));

describe('statistics', () => {
  it('counts states of TCP, the most frequent first, in hundredths of a percent', () => {
    const udp = [socket({ protocol: 'UDP', state: 'Bound' })];
    const sockets = [...tcp(1, 'TimeWait'), ...tcp(1, 'CloseWait'), ...tcp(4, 'Listen'), ...udp];
    assert.deepEqual(countPorts(sockets), {
      tcpMappings: 6,
      udpMappings: 1,
      states: [
        { state: 'Listen', count: 4, percent: 66.67 },
        { state: 'CloseWait', count: 1, percent: 16.67 },
        { state: 'TimeWait', count: 1, percent: 16.67 },
      ],
    });
  });

  it('counts nothing where there is nothing', () => {
    assert.deepEqual(countPorts([]), { tcpMappings: 0, udpMappings: 0, states: [] });
  });
});

describe('time as text', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '1970-01-01T00:00:00.000000+00:00'],
    [1_700_000_000_123.456, '2023-11-14T22:13:20.123456+00:00'],
    [1_700_000_000_999.9998, '2023-11-14T22:13:21.000000+00:00'],
    [1_700_000_000_000.001, '2023-11-14T22:13:20.000001+00:00'],
    [-0.001, '1969-12-31T23:59:59.999999+00:00'],
  ];
  for (const [moment, text] of cases) {
    it(text, () => assert.equal(toIso(moment), text));
  }
});

describe('error reports', () => {
  it('keep code, target and hint of an error that was expected', () => {
    const error = new PortReporterError('PR_FILTER_INVALID', 'No.', {
      target: 'x',
      hint: 'Try y.',
    });
    assert.deepEqual(reportOf(error), {
      code: 'PR_FILTER_INVALID',
      message: 'No.',
      target: 'x',
      hint: 'Try y.',
    });
  });

  it('own up to one that was not', () => {
    for (const thrown of [new TypeError('x is not a function'), 'x is not a function']) {
      const report = reportOf(thrown);
      assert.equal(report.code, 'PR_INTERNAL');
      assert.equal(
        report.message,
        'The worker met an error it did not expect: x is not a function',
      );
    }
  });
});
