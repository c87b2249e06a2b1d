import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OpenEndpoints } from '../../../ts-worker/src/logs/open/open-endpoints.ts';
import type { EndpointChange } from '../../../ts-worker/src/model/change.ts';
import type { Endpoint } from '../../../ts-worker/src/model/endpoint.ts';
import type { ProcessFacts } from '../../../ts-worker/src/model/process.ts';
import { Random } from '../support/random.ts';
import { facts } from '../support/rows.ts';
import { endpoint, row, someone } from './support/recording.ts';

const other = facts(8, { startTime: 2000, name: 'b' });
const none = { remoteAddress: null, remotePort: null };
const listener = endpoint(22, { ...none, state: 'Listen' });
const udp = endpoint(53, { ...none, protocol: 'UDP', state: 'Bound', localAddress: '0.0.0.0' });

const change = (
  kind: EndpointChange['kind'],
  at: Endpoint,
  owner: ProcessFacts | null = someone,
  about: Partial<EndpointChange> = {},
): EndpointChange => ({
  ...row(at, owner),
  ...{ kind, time: 100, previousState: null, previousOwner: null, source: 'Kernel' },
  ...about,
});

const shown = (open: OpenEndpoints) =>
  open
    .processes()
    .flatMap(({ owner, rows }) =>
      Array.from(rows, ({ endpoint: at }) => `${owner?.pid ?? '-'} ${at.localPort} ${at.state}`),
    );

function begun(...rows: readonly ReturnType<typeof row>[]): OpenEndpoints {
  const open = new OpenEndpoints();
  open.begin(rows, 0);
  return open;
}

describe('what is open', () => {
  it('follows a connection from its birth to its end', () => {
    const open = begun(row(listener));
    const at = endpoint(1000, { state: 'SynSent' });
    const states = [
      change('Appeared', at),
      change('Changed', endpoint(1000), someone, { previousState: 'SynSent' }),
      change('Reattributed', endpoint(1000), other, { previousOwner: someone }),
      change('Changed', endpoint(1000, { state: 'TimeWait' }), other, {
        previousState: 'Established',
      }),
      change('Disappeared', endpoint(1000, { state: 'TimeWait' }), other),
    ].map((each) => {
      open.apply(each);
      return shown(open);
    });
    assert.deepEqual(states, [
      ['7 22 Listen', '7 1000 SynSent'],
      ['7 22 Listen', '7 1000 Established'],
      ['7 22 Listen', '8 1000 Established'],
      ['7 22 Listen', '8 1000 TimeWait'],
      ['7 22 Listen'],
    ]);
  });

  it('gives the same object for the same endpoint', () => {
    const open = begun();
    const first = open.apply(change('Appeared', endpoint(1)));
    const at = endpoint(1, { state: 'CloseWait' });
    const second = open.apply(change('Changed', at, someone, { previousState: 'Established' }));
    assert.equal(first, second);
    assert.equal(first.endpoint.state, 'CloseWait');
    assert.equal(open.apply(change('Disappeared', at)), first);
    assert.equal(first.process.rows.size, 0);
  });

  it('keeps sockets apart that share their ends', () => {
    const open = begun(row(listener), row(listener, other), row(listener));
    open.apply(change('Disappeared', listener, other));
    assert.deepEqual(shown(open), ['7 22 Listen', '7 22 Listen']);
    open.apply(change('Disappeared', listener));
    assert.deepEqual(shown(open), ['7 22 Listen']);
  });

  it('finds a socket again that was connected, or let go', () => {
    const open = begun(row(udp), row(udp, other));
    const connected = {
      ...udp,
      localAddress: '10.0.0.1',
      remoteAddress: '10.0.0.9',
      remotePort: 53,
    };
    open.apply(change('Changed', connected, other, { previousState: 'Bound' }));
    assert.deepEqual(shown(open), ['7 53 Bound', '8 53 Bound']);
    open.apply(
      change('Changed', { ...connected, remotePort: 54 }, other, { previousState: 'Bound' }),
    );
    open.apply(change('Changed', udp, other, { previousState: 'Bound' }));
    open.apply(change('Disappeared', udp, other));
    assert.deepEqual(shown(open), ['7 53 Bound']);
    const bound = begun(row(endpoint(5, { ...none, state: 'Bound' })));
    bound.apply(change('Changed', endpoint(5), someone, { previousState: 'Bound' }));
    assert.deepEqual(shown(bound), ['7 5 Established']);
  });

  it('does not count twice what the look at the tables has seen already', () => {
    const open = new OpenEndpoints();
    open.begin([row(listener), row(endpoint(9))], 100);
    open.apply(change('Appeared', listener));
    open.apply(change('Appeared', endpoint(9)));
    assert.equal(shown(open).length, 2);
    open.apply(change('Appeared', listener, someone, { time: 101 }));
    open.apply(change('Appeared', endpoint(9), other, { time: 101 }));
    assert.deepEqual(shown(open).sort(), ['7 22 Listen', '7 22 Listen', '8 9 Established']);
  });

  it('takes what it did not know of as it comes', () => {
    const open = begun();
    const gone = open.apply(change('Disappeared', endpoint(1)));
    assert.equal(gone.process.owner, someone);
    open.apply(change('Changed', endpoint(2), someone, { previousState: 'SynSent' }));
    open.apply(change('Reattributed', endpoint(3), other, { previousOwner: someone }));
    assert.deepEqual(shown(open), ['7 2 Established', '8 3 Established']);
  });

  it('tells processes apart that had the same pid', () => {
    const later = facts(7, { startTime: 90_000, name: 'later' });
    const open = begun(row(endpoint(1)), row(endpoint(2), later), row(endpoint(3), null));
    open.exited(someone);
    assert.deepEqual(shown(open), ['7 1 Established', '7 2 Established', '- 3 Established']);
    const processes = open.processes();
    assert.deepEqual(
      processes.map(({ owner, hasExited }) => [owner?.name, hasExited]),
      [
        ['a', true],
        ['later', false],
        [undefined, false],
      ],
    );
  });

  it('forgets processes that have nothing open, in the end', () => {
    const open = begun();
    const processOf = (pid: number) => facts(pid, { startTime: pid });
    const first = open.apply(change('Disappeared', endpoint(1), processOf(1)));
    assert.equal(
      open.apply(change('Disappeared', endpoint(1), processOf(1))).process,
      first.process,
    );
    open.exited(processOf(1));
    assert.notEqual(
      open.apply(change('Disappeared', endpoint(1), processOf(1))).process,
      first.process,
    );
    const kept = open.apply(change('Disappeared', endpoint(1), processOf(2)));
    for (let pid = 3; pid < 20_000; pid++) {
      open.apply(change('Appeared', endpoint(1), processOf(pid)));
      open.apply(change('Disappeared', endpoint(1), processOf(pid)));
    }
    assert.notEqual(
      open.apply(change('Disappeared', endpoint(1), processOf(2))).process,
      kept.process,
    );
  });

  it('is what is there after any run of changes', () => {
    const random = new Random(11);
    const open = begun();
    const there: { at: Endpoint; owner: ProcessFacts }[] = [];
    for (let i = 0; i < 3000; i++) {
      const pick = there[random.below(there.length || 1)];
      const what = random.below(4);
      if (pick === undefined || what === 0) {
        const at = random.below(3) === 0 ? listener : endpoint(i);
        there.push({ at, owner: random.pick([someone, other]) });
        open.apply(change('Appeared', at, there.at(-1)?.owner));
      } else if (what === 1) {
        open.apply(change('Disappeared', pick.at, pick.owner));
        there.splice(there.indexOf(pick), 1);
      } else if (what === 2) {
        const previousOwner = pick.owner;
        pick.owner = random.pick([someone, other]);
        open.apply(change('Reattributed', pick.at, pick.owner, { previousOwner }));
      } else if (pick.at !== listener) {
        const previousState = pick.at.state;
        pick.at = { ...pick.at, state: random.pick(['Established', 'CloseWait', 'TimeWait']) };
        open.apply(change('Changed', pick.at, pick.owner, { previousState }));
      }
    }
    const expected = there.map(({ at, owner }) => `${owner.pid} ${at.localPort} ${at.state}`);
    assert.deepEqual(shown(open).sort(), expected.sort());
  });
});
