// The generator from the command line, for a look by hand at what a tool sees: makes connections and
// UDP sockets, and writes down the truth, one end a line.
//
//   node build/run.mjs traffic [COUNT] > truth.jsonl

import { playTraffic } from './player.ts';
import { loopbacks, Traffic } from './traffic.ts';

async function main(count: number): Promise<void> {
  const traffic = new Traffic();
  try {
    const listen = { address: '0.0.0.0', port: 0 };
    const server = await traffic.parent({ style: 'quick', listen, children: 2, gives: 'listener' });
    const port = server.places[0]?.port ?? 0;
    const clients = await Promise.all(
      [1, 2].map(() =>
        traffic.connect({ style: 'quick', to: loopbacks(8, port), count: Math.ceil(count / 2) }),
      ),
    );
    const ways = ['bind', 'send', 'connect', 'nothing'] as const;
    const datagrams = await traffic.datagrams({ address: '127.0.0.1', count, ways });
    for (const end of [...clients.flat(), ...datagrams, ...(await server.stop())]) {
      process.stdout.write(`${JSON.stringify(end)}\n`);
    }
  } finally {
    await traffic.end();
  }
}

if (!(await playTraffic())) await main(Number(process.argv[2] ?? 1000));
