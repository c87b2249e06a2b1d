import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clockStatus, WallWatch } from '../../../ts-worker/src/recorder/clock-watch.ts';

describe('a clock', () => {
  const times = { wall: 1_000_000, elapsed: 500 };
  const watch = new WallWatch(
    () => times.wall,
    () => times.elapsed,
  );
  const pass = (wall: number, elapsed: number) => {
    times.wall += wall;
    times.elapsed += elapsed;
    return watch.check().map((note) => [note.kind, ...Object.values(clockStatus(note))]);
  };

  it('that is steered is not worth a word', () => {
    assert.deepEqual([pass(1000, 1000), pass(1200, 1000), pass(800, 1000)], [[], [], []]);
  });

  it('that is set is told of once', () => {
    assert.deepEqual(pass(3_601_000, 1000), [
      ['ClockSet', 3_600_000, 'milliseconds the clock was set ahead'],
    ]);
    assert.deepEqual(pass(-3_599_000, 1000), [
      ['ClockSet', 3_600_000, 'milliseconds the clock was set back'],
    ]);
    assert.deepEqual(pass(250, 250), []);
  });

  it('that nobody looked at for long: the machine slept', () => {
    assert.deepEqual(pass(60_000, 60_000), [
      ['Suspended', 60_000, 'milliseconds the machine was suspended'],
    ]);
  });

  it('beside a sleep is told apart where the system knows it', () => {
    assert.deepEqual(clockStatus({ kind: 'Suspended', by: 5000.4 }), {
      count: 5000,
      reason: 'milliseconds the machine was suspended',
    });
  });
});
