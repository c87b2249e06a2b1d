import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ChangeFilterTexts,
  compileChangeFilter,
} from '../../../ts-worker/src/model/filter/change.ts';
import { change, exit, gap, ownedBy } from '../support/changes.ts';
import { facts } from '../support/rows.ts';

const nginx = facts(90, { name: 'nginx', user: 'www' });
const bash = facts(7, { name: 'bash', user: 'root' });
const peer = { localPort: 80, remoteAddress: '192.0.2.1', remotePort: 5000 } as const;

const passes = (
  texts: ChangeFilterTexts,
  each: Parameters<ReturnType<typeof compileChangeFilter>>[0],
) => compileChangeFilter(texts)(each);

describe('filter on changes', () => {
  it('finds a port at either end', () => {
    for (const port of ['80', '5000', '4000-6000']) {
      assert.ok(passes({ port: [port] }, change({}, peer)), port);
    }
    assert.ok(!passes({ port: ['443'] }, change({}, peer)));
    assert.ok(!passes({ port: ['0'] }, change({}, { localPort: 80 })));
  });

  it('keeps the filters on endpoints', () => {
    assert.ok(passes({ localPort: ['80'], state: ['Listen'] }, change({}, { localPort: 80 })));
    assert.ok(!passes({ localPort: ['81'] }, change({}, { localPort: 80 })));
  });

  it('takes kinds of change, in any case', () => {
    const disappeared = change({ kind: 'Disappeared' });
    assert.ok(passes({ change: ['appeared', 'DISAPPEARED'] }, disappeared));
    assert.ok(!passes({ change: ['Appeared'] }, disappeared));
  });

  it('finds the owner, the one before, and by pid whoever shares', () => {
    const each = change({ ownership: ownedBy(nginx, [91]), previousOwner: bash });
    for (const texts of [
      { processId: ['90'] },
      { processId: ['91'] },
      { processId: ['7'] },
      { processName: ['nginx'] },
      { processName: ['bash'] },
      { user: ['root'] },
    ]) {
      assert.ok(passes(texts, each), JSON.stringify(texts));
    }
    assert.ok(!passes({ processId: ['92'] }, each));
    assert.ok(!passes({ processName: ['sshd'] }, each));
    assert.ok(!passes({ processName: ['*'] }, change()));
  });

  it('asks all of one process: not one its id and another its user', () => {
    const each = change({ ownership: ownedBy(nginx, [91]), previousOwner: bash });
    assert.ok(passes({ processId: ['90'], processName: ['nginx'], user: ['www'] }, each));
    assert.ok(passes({ processId: ['7'], user: ['root'] }, each));
    assert.ok(!passes({ processId: ['90'], user: ['root'] }, each));
    assert.ok(!passes({ processName: ['nginx'], user: ['root'] }, each));
    assert.ok(!passes({ processId: ['91'], user: ['www'] }, each), 'of 91 no user is known');
  });

  it('lets gaps through all but a filter on kinds', () => {
    assert.ok(passes({ port: ['80'], processName: ['nginx'], state: ['Listen'] }, gap(3)));
    assert.ok(passes({ change: ['Gap'] }, gap(3)));
    assert.ok(!passes({ change: ['Appeared'] }, gap(3)));
  });

  it('tells the end of a process only to who asked for it', () => {
    assert.ok(!passes({}, exit(nginx)));
    assert.ok(!passes({ processName: ['nginx'] }, exit(nginx)));
    assert.ok(passes({ processId: ['90'] }, exit(nginx)));
    assert.ok(!passes({ processId: ['91'] }, exit(nginx)));
    assert.ok(passes({ change: ['ProcessExited'] }, exit(nginx)));
    assert.ok(!passes({ change: ['ProcessExited'], processName: ['bash'] }, exit(nginx)));
  });

  const bad: readonly (readonly [object, string])[] = [
    [
      { port: ['http'] },
      "'http' is not a value that -Port understands; it accepts a number from 0 to 65535 or a range such as 8000-8100.",
    ],
    [{ port: [] }, "'[]' is not a value that -Port understands; it accepts one or more texts."],
    [{ port: 80 }, "'80' is not a value that -Port understands; it accepts one or more texts."],
    [
      { change: ['Vanished'] },
      "'Vanished' is not a value that -Change understands; it accepts one of Appeared, Changed, " +
        'Reattributed, Disappeared, ProcessExited, Gap.',
    ],
    [
      { change: null },
      "'null' is not a value that -Change understands; it accepts one or more texts.",
    ],
  ];
  for (const [texts, message] of bad) {
    it(`refuses ${JSON.stringify(texts)}`, () => {
      assert.throws(() => compileChangeFilter(texts), { code: 'PR_FILTER_INVALID', message });
    });
  }
});
