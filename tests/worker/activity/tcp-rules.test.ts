// The rules by which events of TCP sockets become changes, and whom they are credited to.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventKind } from '../../../native/linux/bpf/event-record.ts';
import { Bench, bootMoment, cookiesIn, type MadeEvent, say, tcp } from './support/events.ts';

const ends = { local: '127.0.0.1 50000', remote: '127.0.0.1 80' };
const accepted = { local: '127.0.0.1 80', remote: '127.0.0.1 50000', cookie: 2 };
const listener = { cookie: 100, pid: 20, local: '127.0.0.1 80', to: tcp.listen } as const;

/** The handshake of an accepted connection; whoever runs is the current process. */
const handshake = (about: MadeEvent = {}): MadeEvent[] => [
  { ...accepted, pid: 7, from: tcp.listen, to: tcp.synReceived, ...about },
  { ...accepted, pid: 7, from: tcp.synReceived, to: tcp.established, ...about },
];

const lines = (bench: Bench, ...events: readonly MadeEvent[]) => bench.apply(...events).map(say);

describe('a connection that a process makes', () => {
  const connecting: MadeEvent = { to: tcp.synSent, remote: '127.0.0.1 80' };
  const established = { ...ends, pid: 7, from: tcp.synSent, to: tcp.established };

  it('is told when its port is known, with its own times, by the process that connects', () => {
    const bench = new Bench();
    assert.deepEqual(lines(bench, { ...connecting, at: 2000 }), []);
    const changes = bench.apply({ ...established, at: 2005.25 });
    assert.deepEqual(changes.map(say), [
      'Appeared SynSent 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
      'Changed SynSent>Established 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
    assert.deepEqual(
      changes.map(({ time }) => time - bootMoment),
      [2000, 2005.25],
    );
  });

  it('is told at once where it was bound before', () => {
    const bound = { kind: EventKind.Bound, local: '127.0.0.1 50000' };
    assert.deepEqual(lines(new Bench(), bound, { ...ends, to: tcp.synSent }, established), [
      'Appeared Bound 127.0.0.1:50000 of 10 Kernel',
      'Changed Bound>SynSent 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
      'Changed SynSent>Established 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
  });

  it('that is refused is told with the last port it had', () => {
    const refused = { ...ends, pid: 7, from: tcp.synSent, to: tcp.close, failed: true };
    assert.deepEqual(lines(new Bench(), connecting, refused), [
      'Appeared SynSent 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
      'Disappeared SynSent 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
  });

  it('that never got a port is told without', () => {
    const failed = { remote: '127.0.0.1 80', from: tcp.synSent, to: tcp.close };
    assert.deepEqual(lines(new Bench(), connecting, failed), [
      'Appeared SynSent 0.0.0.0:0>127.0.0.1:80 of 10 Kernel',
      'Disappeared SynSent 0.0.0.0:0>127.0.0.1:80 of 10 Kernel',
    ]);
  });

  it('stays its own whoever runs when it changes', () => {
    const bench = new Bench();
    const changes = lines(
      bench,
      connecting,
      established,
      { ...ends, pid: 7, from: tcp.established, to: tcp.closeWait },
      { ...ends, from: tcp.closeWait, to: tcp.lastAck },
      { ...ends, pid: 9, from: tcp.lastAck, to: tcp.close },
    );
    assert.ok(changes.every((each) => each.endsWith(' of 10 Kernel')));
    assert.deepEqual(
      changes.map((each) => each.split(' 127')[0]),
      [
        'Appeared SynSent',
        'Changed SynSent>Established',
        'Changed Established>CloseWait',
        'Changed CloseWait>LastAck',
        'Disappeared LastAck',
      ],
    );
    assert.equal(bench.model.entries.size, 0);
  });

  it('stays with the process that made it, whoever is the last to let go', () => {
    const closing = { ...ends, pid: 8, from: tcp.established, to: tcp.finWait1 };
    assert.deepEqual(lines(new Bench(), connecting, established, closing).slice(2), [
      'Changed Established>FinWait1 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
  });

  it('does not come to us, who may hold it for a moment while we read the tables', () => {
    const closing = { ...ends, pid: process.pid, from: tcp.established, to: tcp.finWait1 };
    assert.deepEqual(lines(new Bench(), connecting, established, closing).slice(2), [
      'Changed Established>FinWait1 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
  });

  it('says nothing twice', () => {
    const bench = new Bench();
    lines(bench, connecting, established);
    assert.deepEqual(lines(bench, established), []);
  });
});

describe('the end of a connection', () => {
  const closing = (from: number, about: MadeEvent = {}): string[] => {
    const bench = new Bench();
    bench.apply({ ...ends, from: tcp.synSent, to: from, pid: 0 });
    return lines(bench, { ...ends, pid: 8, from, to: tcp.close, ...about });
  };
  const gone = (state: string) => [
    `Disappeared ${state} 127.0.0.1:50000>127.0.0.1:80 of nobody None`,
  ];
  const inTimeWait = (state: string) => [
    `Changed ${state}>TimeWait 127.0.0.1:50000>127.0.0.1:80 of nobody None Inferred`,
  ];

  it('is TIME_WAIT, inferred, once the other end has closed, too', () => {
    assert.deepEqual(closing(tcp.finWait2, { gotFin: true }), inTimeWait('FinWait2'));
    assert.deepEqual(
      closing(tcp.finWait2, { gotFin: true, orphaned: true }),
      inTimeWait('FinWait2'),
    );
    assert.deepEqual(closing(tcp.closing, { gotFin: true }), inTimeWait('Closing'));
  });

  it('is not told while the kernel waits for the other end without a process', () => {
    assert.deepEqual(closing(tcp.finWait2, { orphaned: true }), []);
  });

  it('is there at once where it was reset, by either side', () => {
    assert.deepEqual(closing(tcp.finWait2, { failed: true }), gone('FinWait2'));
    assert.deepEqual(closing(tcp.finWait2, { failed: true, orphaned: true }), gone('FinWait2'));
    assert.deepEqual(closing(tcp.finWait2), gone('FinWait2'));
    assert.deepEqual(closing(tcp.closing, { failed: true }), gone('Closing'));
    assert.deepEqual(closing(tcp.lastAck), gone('LastAck'));
  });

  it('comes when a new connection takes its place', () => {
    const bench = new Bench();
    const over = { ...ends, cookie: 1, from: tcp.finWait2, to: tcp.close, gotFin: true };
    bench.apply({ ...ends, from: tcp.finWait1, to: tcp.finWait2 }, over);
    const again = { ...ends, cookie: 5, from: tcp.close, to: tcp.synSent };
    assert.deepEqual(lines(bench, again), [
      'Disappeared TimeWait 127.0.0.1:50000>127.0.0.1:80 of nobody None Inferred',
      'Appeared SynSent 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
    assert.deepEqual(cookiesIn(bench.model), [5]);
  });

  it('comes when a new connection takes its place, also where its last events were missed', () => {
    const bench = new Bench();
    bench.apply({ ...ends, cookie: 1, pid: 10, from: tcp.established, to: tcp.finWait1 });
    const again = { ...ends, cookie: 5, pid: 11, from: tcp.close, to: tcp.synSent };
    assert.deepEqual(lines(bench, again), [
      'Disappeared FinWait1 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel Inferred',
      'Appeared SynSent 127.0.0.1:50000>127.0.0.1:80 of 11 Kernel',
    ]);
    assert.deepEqual(cookiesIn(bench.model), [5]);
  });

  it('comes when its socket connects again', () => {
    const bench = new Bench();
    const over = { ...ends, from: tcp.finWait2, to: tcp.close, gotFin: true };
    bench.apply({ ...ends, from: tcp.finWait1, to: tcp.finWait2 }, over);
    const again = { local: '127.0.0.1 50001', remote: '127.0.0.1 81', to: tcp.synSent };
    assert.deepEqual(lines(bench, again), [
      'Disappeared TimeWait 127.0.0.1:50000>127.0.0.1:80 of nobody None Inferred',
      'Appeared SynSent 127.0.0.1:50001>127.0.0.1:81 of 10 Kernel',
    ]);
  });
});

describe('an accepted connection', () => {
  const receives = { ...accepted, kind: EventKind.Received, pid: 30, from: 1, to: 1 };

  it('is its listener’s, then its own process’s when that reads it', () => {
    const bench = new Bench();
    assert.deepEqual(lines(bench, listener, ...handshake(), receives), [
      'Appeared Listen 127.0.0.1:80 of 20 Kernel',
      'Appeared SynReceived 127.0.0.1:80>127.0.0.1:50000 of 20 Listener',
      'Changed SynReceived>Established 127.0.0.1:80>127.0.0.1:50000 of 20 Listener',
      'Reattributed Established 127.0.0.1:80>127.0.0.1:50000 of 30 Kernel',
    ]);
    const change = bench.apply({ ...receives, pid: 31 });
    assert.deepEqual(change, [], 'the one that is known keeps it until it is closed');
  });

  it('is known for sure, without a word, where its listener reads it itself', () => {
    const bench = new Bench();
    bench.apply(listener, ...handshake());
    assert.deepEqual(lines(bench, { ...receives, pid: 20 }), []);
    assert.equal(bench.model.entries.get(2)?.ownership.attribution, 'Kernel');
  });

  it('says who had it before', () => {
    const bench = new Bench();
    bench.apply(listener, ...handshake());
    const [change] = bench.apply(receives);
    assert.ok(change?.kind === 'Reattributed');
    assert.equal(change.previousOwner?.pid, 20);
  });

  it('shows itself by its goodbye where nobody reads it', () => {
    for (const [from, to] of [
      [tcp.established, tcp.finWait1],
      [tcp.closeWait, tcp.lastAck],
    ] as const) {
      const bench = new Bench();
      bench.apply(listener, ...handshake(), { ...accepted, pid: 7, from: 1, to: from });
      const [first] = lines(bench, { ...accepted, pid: 30, from, to });
      assert.match(first ?? '', /^Reattributed \w+ 127.0.0.1:80>127.0.0.1:50000 of 30 Kernel$/);
    }
  });

  it('is not ours, who may be the last to let go while we read the tables', () => {
    for (const to of [tcp.finWait1, tcp.close]) {
      const bench = new Bench();
      bench.apply(listener, ...handshake());
      const end = { ...accepted, pid: process.pid, from: tcp.established, to };
      assert.match(
        lines(bench, end).join(),
        /^\w+ \S+ 127.0.0.1:80>127.0.0.1:50000 of 20 Listener$/,
      );
    }
  });

  it('shows itself where it resets the connection, but not where it is reset', () => {
    const close = { ...accepted, pid: 30, from: tcp.established, to: tcp.close };
    const bench = new Bench();
    bench.apply(listener, ...handshake());
    assert.deepEqual(lines(bench, close), [
      'Reattributed Established 127.0.0.1:80>127.0.0.1:50000 of 30 Kernel',
      'Disappeared Established 127.0.0.1:80>127.0.0.1:50000 of 30 Kernel',
    ]);
    bench.apply(...handshake());
    assert.deepEqual(lines(bench, { ...close, failed: true }), [
      'Disappeared Established 127.0.0.1:80>127.0.0.1:50000 of 20 Listener',
    ]);
  });

  it('is nobody’s where nobody is known to listen', () => {
    assert.deepEqual(lines(new Bench(), ...handshake()), [
      'Appeared SynReceived 127.0.0.1:80>127.0.0.1:50000 of nobody None',
      'Changed SynReceived>Established 127.0.0.1:80>127.0.0.1:50000 of nobody None',
    ]);
  });

  it('finds a listener that was bound before it listened', () => {
    const bench = new Bench();
    const bound = { ...listener, kind: EventKind.Bound, to: tcp.close };
    bench.apply(bound, listener);
    assert.match(lines(bench, ...handshake())[0] ?? '', /of 20 Listener$/);
  });

  it('is not credited to a listener that is closed', () => {
    const bench = new Bench();
    bench.apply(listener, { ...listener, from: tcp.listen, to: tcp.close });
    assert.match(lines(bench, ...handshake())[0] ?? '', /of nobody None$/);
  });

  it('is not credited to a process that is gone, though its listener is held by another', () => {
    const bench = new Bench();
    bench.apply(listener, { kind: EventKind.Exited, pid: 20, at: 1500 });
    assert.match(lines(bench, ...handshake())[0] ?? '', /of nobody None$/);
    assert.ok(bench.model.asksTables(1400, 1600), 'who holds the listener now is asked for');
    bench.apply({ ...listener, from: tcp.listen, to: tcp.close });
    assert.ok(!bench.model.asksTables(1400, 1600), 'nobody holds it');
  });
});

describe('who can be an owner', () => {
  it('no kernel thread, and none that can’t be seen from our pid namespace', () => {
    for (const about of [{ isKernelThread: true }, { pid: 0 }]) {
      const [appeared] = lines(new Bench(), { ...ends, to: tcp.synSent, ...about });
      assert.match(appeared ?? '', /of nobody None$/);
    }
  });
});

describe('a socket that is only bound', () => {
  const bound = { kind: EventKind.Bound, local: '127.0.0.1 9000' };

  it('appears by bind() and is gone when it is released', () => {
    assert.deepEqual(lines(new Bench(), bound, { ...bound, kind: EventKind.Released }), [
      'Appeared Bound 127.0.0.1:9000 of 10 Kernel',
      'Disappeared Bound 127.0.0.1:9000 of 10 Kernel',
    ]);
  });

  it('is not told where it was told already, or has no port', () => {
    const bench = new Bench();
    bench.apply(bound);
    assert.deepEqual(lines(bench, bound), []);
    assert.deepEqual(lines(bench, { ...bound, cookie: 9, local: '127.0.0.1 0' }), []);
    assert.deepEqual(lines(bench, { ...bound, cookie: 9, kind: EventKind.Released }), []);
  });
});

describe('events from before the tables were read', () => {
  it('count where the tables missed the socket’s birth', () => {
    const bench = new Bench();
    const connecting = { ...ends, to: tcp.synSent };
    const goesOn = { ...ends, from: tcp.synSent, to: tcp.established };
    assert.equal(bench.applyEarly(connecting, goesOn).length, 2);
  });

  it('do not count where the tables know them already, or never will', () => {
    const bench = new Bench();
    const [connecting, established, closing] = [
      { ...ends, to: tcp.synSent },
      { ...ends, from: tcp.synSent, to: tcp.established },
      { ...ends, from: tcp.established, to: tcp.finWait1 },
    ];
    bench.apply({ ...ends, from: tcp.synSent, to: tcp.established });
    assert.deepEqual(bench.applyEarly(connecting, established), []);
    assert.deepEqual(bench.applyEarly(closing).map(say), [
      'Reattributed Established 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
      'Changed Established>FinWait1 127.0.0.1:50000>127.0.0.1:80 of 10 Kernel',
    ]);
    assert.deepEqual(bench.applyEarly({ ...closing, cookie: 9 }), [], 'its birth was before us');
  });

  it('credit a connection whose reader was seen', () => {
    const bench = new Bench();
    bench.apply(...handshake());
    const receives = { ...accepted, kind: EventKind.Received, pid: 30 };
    assert.match(say(bench.applyEarly(receives)[0] as never), /^Reattributed .* of 30 Kernel$/);
    assert.deepEqual(bench.applyEarly({ ...receives, cookie: 9 }), []);
  });

  it('bind what the tables missed', () => {
    const bench = new Bench();
    const bound = { kind: EventKind.Bound, local: '127.0.0.1 9000' };
    assert.equal(bench.applyEarly(bound).length, 1);
    assert.equal(bench.applyEarly(bound).length, 0);
    assert.equal(bench.applyEarly({ ...bound, kind: EventKind.Released }).length, 1);
    assert.equal(bench.applyEarly({ ...bound, kind: EventKind.Released }).length, 0);
  });
});
