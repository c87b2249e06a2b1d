import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { HostNames, type LookUp } from '../../../ts-worker/src/snapshot/host-names.ts';

const never = new AbortController().signal;

/** A name server that answers with what `nameOf` gives, and keeps what it was asked. */
function server(nameOf: (address: string) => Promise<string | null>) {
  const asked: string[] = [];
  let cancelled = 0;
  const names = new HostNames(
    (): LookUp => ({
      nameOf: (address) => {
        asked.push(address);
        return nameOf(address);
      },
      cancel: () => {
        cancelled += 1;
      },
    }),
  );
  return { names, asked, cancelled: () => cancelled };
}

const silent = () => new Promise<null>(() => {});

describe('host names', () => {
  it('are asked once for each address, and remembered', async () => {
    const { names, asked } = server(async (address) => `host-${address}`);
    const first = await names.resolve(['192.0.2.1', '192.0.2.2', '192.0.2.1'], 1000, never);
    assert.deepEqual([...first].sort(), [
      ['192.0.2.1', 'host-192.0.2.1'],
      ['192.0.2.2', 'host-192.0.2.2'],
    ]);
    assert.equal(names.remembered('192.0.2.1'), 'host-192.0.2.1');
    assert.equal((await names.resolve(['192.0.2.1'], 1000, never)).size, 0);
    assert.equal(asked.length, 2);
  });

  it('stay empty where there is none, without asking again at once', async () => {
    const { names, asked } = server(async () => null);
    for (let i = 0; i < 2; i++) {
      assert.equal((await names.resolve(['192.0.2.1'], 1000, never)).size, 0);
    }
    assert.equal(names.remembered('192.0.2.1'), null);
    assert.equal(asked.length, 1);
  });

  it('are asked again after a while: soon where there was none, later where there was one', async () => {
    let now = 1_000_000;
    const clock = mock.method(Date, 'now', () => now);
    try {
      const { names, asked } = server(async (address) => (address === 'a' ? 'host' : null));
      const ask = () => names.resolve(['a', 'b'], 1000, never);
      await ask();
      now += 11_000;
      await ask();
      assert.deepEqual(asked.sort(), ['a', 'b', 'b']);
      now += 290_000;
      assert.equal(names.remembered('a'), null);
      await ask();
      assert.equal(asked.filter((each) => each === 'a').length, 2);
    } finally {
      clock.mock.restore();
    }
  });

  it('keep to their bound though the server is silent, and give what came', async () => {
    const { names, cancelled } = server((address) =>
      address === 'quick' ? Promise.resolve('host') : silent(),
    );
    const addresses = [...Array.from({ length: 500 }, (_, i) => `slow${i}`), 'quick'];
    const start = performance.now();
    const found = await names.resolve(addresses, 100, never);
    const took = performance.now() - start;
    assert.ok(took >= 95 && took < 60_000, `took ${took} ms`);
    assert.deepEqual([...found], [['quick', 'host']]);
    assert.equal(cancelled(), 1);
  });

  it('are asked side by side, but not all at once', async () => {
    const { names, asked } = server(silent);
    await names.resolve(
      Array.from({ length: 500 }, (_, i) => `a${i}`),
      50,
      never,
    );
    assert.equal(asked.length, 64);
  });

  it('end at once where the request is cancelled', async () => {
    const { names, cancelled } = server(silent);
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 20);
    const start = performance.now();
    await names.resolve(['a'], 600_000, cancel.signal);
    assert.ok(performance.now() - start < 60_000);
    assert.equal(cancelled(), 1);
    assert.equal((await names.resolve(['b'], 60_000, cancel.signal)).size, 0);
  });

  it('do not change what was given when an answer comes late', async () => {
    let answer = (_: string) => {};
    const late = new Promise<string>((resolve) => {
      answer = resolve;
    });
    const { names } = server(() => late);
    const found = await names.resolve(['a'], 10, never);
    answer('host');
    await new Promise(setImmediate);
    assert.equal(found.size, 0);
    assert.equal(names.remembered('a'), 'host');
  });

  const skip = process.platform !== 'linux' && 'only /etc/hosts surely knows 127.0.0.1';
  it('come from the system: this machine knows its loopback address', { skip }, async () => {
    const names = new HostNames();
    const found = await names.resolve(
      ['127.0.0.1', '::ffff:127.0.0.1', 'no address'],
      60_000,
      never,
    );
    assert.deepEqual([...found.keys()].sort(), ['127.0.0.1', '::ffff:127.0.0.1']);
    assert.match(found.get('127.0.0.1') ?? '', /^\w/);
  });
});
