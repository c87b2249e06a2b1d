// When the ring is too small: what is lost is counted, told as a gap, and made up for by the tables.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { EventKind, eventOffsets } from '../../../native/linux/bpf/event-record.ts';
import { Capture } from '../../../ts-worker/src/activity/capture.ts';
import { playTraffic } from '../../traffic/player.ts';
import { loopbacks, Traffic } from '../../traffic/traffic.ts';
import { whyNoBpf } from '../bpf-support.ts';
import { inRepository } from '../support/repository.ts';
import { anywhere } from './support/live.ts';
import { type PortChange, Watch } from './support/watch.ts';

if (await playTraffic()) process.exit();

const skip = whyNoBpf();
const file = inRepository('ts-worker/dist/portreporter-worker.cjs');
const smallest = 4096;

/** Traffic that no ring of one page can hold. */
async function flood(traffic: Traffic, count: number): Promise<void> {
  const server = await traffic.serve({ style: 'quick', listen: anywhere });
  const to = loopbacks(4, server.places[0]?.port ?? 0);
  await traffic.connect({ style: 'quick', to, count });
  await server.stop();
}

/** A capture that counts what it is handed and what it hears was lost. */
class Counter {
  seen = 0;
  lost = 0;
  readonly #capture: Promise<Capture>;

  constructor(ringSize: number) {
    // Only events of TCP states, so that little else of the machine is among them.
    const without = ['tcp_received', 'udp_sent', 'udp_created', 'released', 'bound_ipv4'];
    const processes = ['bound_ipv6', 'process_forked', 'process_executed', 'process_exited'];
    const settings = { file, ringSize, without: [...without, ...processes] };
    this.#capture = Capture.open(settings, {
      events: (batch) => {
        batch.visitAll((view, at) => {
          assert.equal(view.getUint32(at + eventOffsets.kind, true), EventKind.State);
          this.seen += 1;
        });
        this.lost = batch.lost;
        batch.release();
      },
      failed: (error) => assert.fail(error),
    });
  }

  async drain(): Promise<void> {
    await (await this.#capture).drain();
  }

  async stop(): Promise<void> {
    await (await this.#capture).stop();
  }
}

describe('events that find no room', { skip }, () => {
  const traffic = new Traffic();
  after(() => traffic.end());

  it('are counted exactly: what is seen and what is lost are all that happened', async () => {
    const [roomy, tight] = [new Counter(16 << 20), new Counter(smallest)];
    await Promise.all([roomy.drain(), tight.drain()]);
    // The rest of the machine may change a socket between two readings: then once more.
    let difference = Number.NaN;
    for (let tries = 0; tries < 20 && difference !== 0; tries++) {
      const before = roomy.seen - (tight.seen + tight.lost);
      await flood(traffic, 300);
      await Promise.all([roomy.drain(), tight.drain()]);
      difference = roomy.seen - (tight.seen + tight.lost) - before;
    }
    await Promise.all([roomy.stop(), tight.stop()]);
    assert.equal(difference, 0);
    assert.equal(roomy.lost, 0);
    assert.ok(tight.lost > 1000, `${tight.lost} were lost`);
    assert.ok(tight.seen > 10, `${tight.seen} were seen`);
  });
});

describe('a watch that misses events', { skip }, () => {
  const traffic = new Traffic();
  const server = createServer((socket) => socket.on('error', () => {})); // many are reset
  let watch: Watch;
  let sockets: Socket[] = [];

  before(async () => {
    watch = await Watch.start({ ringSize: smallest });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await watch.stop();
    await traffic.end();
  });

  /** What is open at our server, as the changes tell it; those that were looked at are not again, since
   * a busy machine tells hundreds of thousands. */
  const open = new Set<string>();
  let lookedAt = 0;
  function openEnds(changes: readonly PortChange[]): ReadonlySet<string> {
    const { port } = server.address() as AddressInfo;
    for (; lookedAt < changes.length; lookedAt++) {
      const each = changes[lookedAt];
      if (each?.RemotePort !== port) continue;
      const end = `${each.LocalPort} of ${each.OwningProcess}`;
      if (each.Change === 'Disappeared' || each.State === 'TimeWait') open.delete(end);
      else open.add(end);
    }
    return open;
  }

  it('tells a gap with its count, and then what is really open', async () => {
    const { port } = server.address() as AddressInfo;
    const flooded = flood(traffic, 500);
    for (let i = 0; i < 40; i++) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      if (i % 2 === 0) sockets.push(socket);
      else socket.resetAndDestroy();
    }
    await flooded;
    const expected = new Set(sockets.map((each) => `${each.localPort} of ${process.pid}`));
    await watch.until((changes) => {
      const ends = openEnds(changes);
      return ends.size === expected.size && [...ends].every((end) => expected.has(end));
    });
    const gaps = watch.changes.filter(({ Change }) => Change === 'Gap');
    assert.ok(gaps.length > 0);
    for (const { Missed, Reason, Source } of gaps) {
      assert.ok((Missed ?? 0) > 0);
      assert.equal(Source, 'Kernel');
      assert.match(Reason ?? '', /no room left in its ring/);
    }
    const inferred = watch.changes.filter(({ Source }) => Source === 'Inferred');
    assert.ok(inferred.length > 0, 'what was missed is told as inferred');
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await watch.until((changes) => openEnds(changes).size === 0);
  });
});
