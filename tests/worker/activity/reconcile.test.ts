// The model held against the tables.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventKind } from '../../../native/linux/bpf/event-record.ts';
import { type Reading, Reconciler } from '../../../ts-worker/src/activity/reconcile.ts';
import type { OpenSocket } from '../../../ts-worker/src/endpoints/source.ts';
import type { OwnedEndpoint } from '../../../ts-worker/src/snapshot/rows.ts';
import { facts, owned, snapshotRows } from '../support/rows.ts';
import { Bench, bootMoment, cookiesIn, say, tcp } from './support/events.ts';

const ends = { localPort: 50_000, remoteAddress: '127.0.0.1', remotePort: 80 } as const;
const events = { local: '127.0.0.1 50000', remote: '127.0.0.1 80' };
const ten = facts(10, { startTime: bootMoment + 100 });
const twenty = facts(20, { startTime: bootMoment + 100 });

const established = (about: Partial<OpenSocket> = {}): Partial<OpenSocket> => ({
  ...ends,
  state: 'Established',
  cookie: 1,
  ...about,
});

type How = Pick<Reading, 'closed' | 'showsAllHeld' | 'showsTimeWaits'>;
const whole: How = { closed: new Set(), showsAllHeld: true, showsTimeWaits: true };
const closed: How = { ...whole, closed: new Set(['default']) };

class Test extends Bench {
  readonly #reconciler = new Reconciler(this.model, (cookie) => this.rules.udp.makerOf(cookie));

  begin(...rows: readonly OwnedEndpoint[]): void {
    this.#reconciler.begin({ rows: snapshotRows(...rows), ...whole, start: 900, end: 950 });
  }

  /** What a reading tells that was made from `start` on. */
  compare(start: number, ...rows: readonly OwnedEndpoint[]): string[] {
    return this.#compare(whole, start, rows);
  }

  /** The same where the namespace could not be entered: only what a process holds is shown. */
  compareClosed(start: number, ...rows: readonly OwnedEndpoint[]): string[] {
    return this.#compare(closed, start, rows);
  }

  /** The same where nothing of the namespace is shown. */
  compareUnread(start: number): string[] {
    return this.#compare({ ...closed, showsAllHeld: false }, start, []);
  }

  /** The same where what is in TIME_WAIT was left out. */
  compareOthers(start: number, ...rows: readonly OwnedEndpoint[]): string[] {
    return this.#compare({ ...whole, showsTimeWaits: false }, start, rows);
  }

  #compare(how: How, start: number, rows: readonly OwnedEndpoint[]): string[] {
    const reading = { rows: snapshotRows(...rows), ...how, start, end: start + 50 };
    this.#reconciler.compare(reading, bootMoment + start + 60);
    return this.model.takeChanges().map(say);
  }
}

describe('the first reading', () => {
  it('fills the model without a word', () => {
    const test = new Test();
    test.begin(owned(established(), ten), owned({ cookie: 2 }, twenty), owned({}, null));
    assert.deepEqual(cookiesIn(test.model), [1, 2]);
    assert.deepEqual(test.model.takeChanges(), []);
  });

  it('credits to its listener what nobody has accepted yet', () => {
    const test = new Test();
    const waiting = { localPort: 80, remoteAddress: '127.0.0.1', remotePort: 50_000, cookie: 3 };
    test.begin(
      owned({ ...waiting, state: 'Established' }, null),
      owned({ ...waiting, cookie: 4, state: 'TimeWait' }, null),
      owned({ cookie: 2, localAddress: '0.0.0.0' }, twenty),
    );
    const ownershipOf = (cookie: number) => test.model.entries.get(cookie)?.ownership;
    assert.equal(ownershipOf(3)?.attribution, 'Listener');
    assert.equal(ownershipOf(3)?.owner, twenty);
    assert.equal(ownershipOf(4)?.owner, null);
  });
});

describe('a later reading', () => {
  it('tells nothing where the events told all', () => {
    const test = new Test();
    test.apply({ ...events, to: tcp.synSent, at: 1000 });
    test.apply({ ...events, from: tcp.synSent, to: tcp.established, at: 1001 });
    assert.deepEqual(test.compare(2000, owned(established(), ten)), []);
  });

  it('tells as inferred what no event told', () => {
    const test = new Test();
    test.begin(owned(established(), ten), owned(established({ cookie: 2, localPort: 2 }), ten));
    const changes = test.compare(
      2000,
      owned(established({ state: 'CloseWait' }), ten),
      owned(established({ cookie: 3, localPort: 3 }), twenty),
    );
    assert.deepEqual(changes, [
      'Changed Established>CloseWait 127.0.0.1:50000>127.0.0.1:80 of 10 Table Inferred',
      'Appeared Established 127.0.0.1:3>127.0.0.1:80 of 20 Table Inferred',
      'Disappeared Established 127.0.0.1:2>127.0.0.1:80 of 10 Table Inferred',
    ]);
  });

  it('leaves to the events what happened while it was made, or just before', () => {
    for (const at of [1990, 2010]) {
      const test = new Test();
      test.apply({ ...events, from: tcp.synSent, to: tcp.established, at });
      assert.deepEqual(test.compare(2000), [], `gone from the table, at ${at}`);
      const older = owned(established({ state: 'SynSent' }), ten);
      assert.deepEqual(test.compare(2000, older), [], `older in the table, at ${at}`);
      test.apply({ ...events, from: tcp.lastAck, to: tcp.close, at: at + 1 });
      assert.deepEqual(test.compare(2000, older), [], `ended since, at ${at}`);
      assert.deepEqual(test.compare(3000, older).length, 1, 'but not for ever');
    }
  });

  it('gives a connection its port, and what waited for it goes out', () => {
    const test = new Test();
    test.apply({ remote: '127.0.0.1 80', to: tcp.synSent, at: 1000 });
    assert.ok(test.model.asksTables(900, 1100));
    assert.deepEqual(test.compare(1100, owned(established({ state: 'SynSent' }), ten)), [
      'Appeared SynSent 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
    assert.ok(!test.model.asksTables(900, 1100));
  });

  it('ends without a port what never got one', () => {
    const test = new Test();
    test.apply({ remote: '127.0.0.1 80', to: tcp.synSent, at: 1000 });
    assert.deepEqual(test.compare(1100), [
      'Appeared SynSent 0.0.0.0:0>127.0.0.1:80 of 10 Kernel',
      'Disappeared SynSent 0.0.0.0:0>127.0.0.1:80 of 10 Kernel Inferred',
    ]);
  });

  it('tells of another owner, but not of none', () => {
    const test = new Test();
    test.begin(owned(established(), ten));
    assert.deepEqual(test.compare(2000, owned(established(), { ...ten })), []);
    assert.deepEqual(test.compare(3000, owned(established(), null)), []);
    assert.deepEqual(test.compare(4000, owned(established(), twenty)), [
      'Reattributed Established 127.0.0.1:50000>127.0.0.1:80 of 20 Table Inferred',
    ]);
    const again = facts(20, { startTime: bootMoment + 70_000 });
    assert.equal(test.compare(5000, owned(established(), again)).length, 1, 'the pid was reused');
  });

  it('does not take a connection back from the process that just showed itself', () => {
    const test = new Test();
    test.begin(owned(established(), null));
    test.apply({ ...events, kind: EventKind.Received, pid: 30, at: 2010 });
    assert.deepEqual(test.compare(2000, owned(established(), ten)), []);
  });

  it('credits a UDP socket that nobody holds any more to its maker', () => {
    const test = new Test();
    test.apply({ kind: EventKind.Created, udp: true, cookie: 5, at: 1000 });
    const row = { protocol: 'UDP', cookie: 5, state: 'Bound', localPort: 53 } as const;
    assert.deepEqual(test.compare(2000, owned(row, null)), [
      'Appeared Bound 127.0.0.1:53 of 10 Kernel Inferred',
    ]);
  });

  it('leaves out what is still half open', () => {
    const test = new Test();
    assert.deepEqual(test.compare(2000, owned(established({ cookie: null }), null)), []);
  });

  it('finds what a listener got while events were lost', () => {
    const test = new Test();
    const row = { localPort: 80, remoteAddress: '127.0.0.1', remotePort: 50_000, cookie: 3 };
    test.begin(owned({ cookie: 2 }, twenty));
    assert.deepEqual(
      test.compare(2000, owned({ cookie: 2 }, twenty), owned({ ...row, state: 'CloseWait' }, null)),
      ['Appeared CloseWait 127.0.0.1:80>127.0.0.1:50000 of 20 Listener Inferred'],
    );
  });
});

describe('what is in TIME_WAIT', () => {
  const inTimeWait = owned(established({ state: 'TimeWait' }), null);

  it('is laid aside where only a reading tells of it', () => {
    const test = new Test();
    test.begin(owned(established({ state: 'FinWait2' }), null));
    assert.deepEqual(test.compare(2000, inTimeWait), [
      'Changed FinWait2>TimeWait 127.0.0.1:50000>127.0.0.1:80 of nobody None Inferred',
    ]);
    assert.equal(test.model.entries.timeWaits.size, 1);
    assert.deepEqual(test.compare(3000, inTimeWait), []);
    assert.deepEqual(test.compare(4000), [
      'Disappeared TimeWait 127.0.0.1:50000>127.0.0.1:80 of nobody None Inferred',
    ]);
  });

  it('is laid aside again after an event that spoke of it', () => {
    const test = new Test();
    test.begin(inTimeWait);
    test.apply({ ...events, kind: EventKind.Received, pid: 30, isKernelThread: true, at: 1000 });
    assert.deepEqual(test.compare(2000, inTimeWait), []);
    assert.equal(test.model.entries.timeWaits.size, 1);
  });
});

describe('a reading that leaves out what is in TIME_WAIT', () => {
  const inTimeWait = owned(established({ state: 'TimeWait' }), null);
  const over = 'Disappeared TimeWait 127.0.0.1:50000>127.0.0.1:80 of nobody None Inferred';

  it('ends it after a minute, and all else that it does not show at once', () => {
    const test = new Test();
    test.begin(inTimeWait, owned(established({ state: 'FinWait2', cookie: 2, localPort: 2 }), ten));
    assert.deepEqual(test.compareOthers(2000), [
      'Disappeared FinWait2 127.0.0.1:2>127.0.0.1:80 of 10 Table Inferred',
    ]);
    assert.deepEqual(test.compareOthers(65_800), []);
    assert.deepEqual(test.compareOthers(66_000), [over]);
  });

  it('does so, too, where an event spoke of it', () => {
    const test = new Test();
    test.begin(inTimeWait);
    test.apply({ ...events, kind: EventKind.Received, pid: 30, isKernelThread: true, at: 1000 });
    assert.equal(test.model.entries.timeWaits.size, 0);
    assert.deepEqual(test.compareOthers(60_000), []);
    assert.deepEqual(test.compareOthers(66_000), [over]);
  });

  it('leaves it to a whole one to tell of an earlier end', () => {
    const test = new Test();
    test.begin(inTimeWait);
    assert.deepEqual(test.compareOthers(2000), []);
    assert.deepEqual(test.compare(3000), [over]);
  });
});

describe('a reading that could not enter a namespace', () => {
  const of = (cookie: number, localPort: number, state: OpenSocket['state']) =>
    owned({ ...ends, localPort, state, cookie }, ten);

  it('ends what a process must hold, and nothing else that it does not show', () => {
    const test = new Test();
    test.begin(
      ...[of(1, 1, 'Established'), of(2, 2, 'TimeWait'), of(3, 3, 'FinWait2')],
      ...[owned({ cookie: 4, localPort: 4 }, ten), owned({ ...established(), cookie: 5 }, null)],
    );
    assert.deepEqual(test.compareUnread(10_000), []);
    assert.deepEqual(test.compareClosed(11_000), [
      'Disappeared Established 127.0.0.1:1>127.0.0.1:80 of 10 Table Inferred',
      'Disappeared Listen 127.0.0.1:4 of 10 Table Inferred',
    ]);
  });

  it('ends TIME_WAIT after a minute, and other goodbyes after ten', () => {
    const test = new Test();
    test.begin(of(2, 2, 'TimeWait'), of(3, 3, 'FinWait2'));
    assert.deepEqual(test.compareClosed(65_800), []);
    assert.deepEqual(test.compareClosed(66_000), [
      'Disappeared TimeWait 127.0.0.1:2>127.0.0.1:80 of 10 Table Inferred',
    ]);
    assert.deepEqual(test.compareClosed(601_000), [
      'Disappeared FinWait2 127.0.0.1:3>127.0.0.1:80 of 10 Table Inferred',
    ]);
  });
});
