// Looks again until there is something to see, within bounds.

import { setTimeout as pause } from 'node:timers/promises';

export async function until<Value>(
  what: string,
  look: () => Value | null | undefined | false | Promise<Value | null | undefined | false>,
  most = 120_000,
): Promise<Value> {
  const end = Date.now() + most;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${most / 1000} s`);
    await pause(50);
  }
}
