import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseObject } from '../../../native/linux/bpf/compiled-object.ts';
import type { EventProgram } from '../../../native/linux/bpf/event-stream.ts';
import events from '../../../native/linux/bpf/events.bpf.o';
import { judgePrograms } from '../../../ts-worker/src/activity/kernel-programs.ts';

const names = parseObject(events).programs.map(({ name }) => name);

const programs = (...missing: readonly string[]): EventProgram[] =>
  names.map((name) => {
    const usable = !missing.includes(name);
    return { name, place: 'somewhere', usable, reason: usable ? null : 'it is too old' };
  });

describe('programs that the kernel refuses', () => {
  it('none: nothing is said', () => {
    const report = judgePrograms(programs());
    assert.deepEqual(report, { notes: [], oftenTables: false, tellsExits: true });
  });

  it('each but the first is missed with a word about what is lost', () => {
    for (const name of names.filter((each) => each !== 'state_changed')) {
      const { notes } = judgePrograms(programs(name));
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', new RegExp(`^The kernel program ${name} can't be used`));
      assert.match(notes[0] ?? '', /\(it is too old\); so \w.*\.$/);
    }
  });

  it('the one that tells of TCP states: there is nothing to watch', () => {
    assert.throws(() => judgePrograms(programs('state_changed')), {
      code: 'PR_SOURCE_UNAVAILABLE',
      message: "the kernel program state_changed can't be used: it is too old",
    });
  });

  it('those that tell of bound sockets are made up for by reading the tables often', () => {
    for (const name of ['bound_ipv4', 'bound_ipv6', 'released']) {
      assert.equal(judgePrograms(programs(name)).oftenTables, true);
    }
    assert.equal(judgePrograms(programs('udp_sent', 'tcp_received')).oftenTables, false);
  });

  it('the one that tells of exits is made up for by looking', () => {
    assert.equal(judgePrograms(programs('process_exited')).tellsExits, false);
  });
});
