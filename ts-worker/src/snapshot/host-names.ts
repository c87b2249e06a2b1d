// Names for remote addresses, on request. Asked side by side, remembered for a while, and given up
// after a bound: a slow name server never holds the rows back, they are sent before.

import { Resolver } from 'node:dns/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds. No answer may only mean a slow server: it is soon asked again. */
const rememberName = 5 * 60_000;
const rememberNothing = 10_000;
const together = 64;

export interface LookUp {
  /** Null where there is no name or no answer; never rejects. */
  nameOf(address: string): Promise<string | null>;
  /** Ends what is still being asked. */
  cancel(): void;
}

interface Remembered {
  readonly name: string | null;
  readonly until: number;
}

export class HostNames {
  readonly #known = new Map<string, Remembered>();
  readonly #startLookUp: () => LookUp;

  constructor(startLookUp: () => LookUp = () => new ReverseLookUp()) {
    this.#startLookUp = startLookUp;
  }

  /** What is remembered of the address; null where nothing is. */
  remembered(address: string): string | null {
    const known = this.#known.get(address);
    return known !== undefined && known.until > Date.now() ? known.name : null;
  }

  /** Asks for those not remembered and gives the names that came within `bound` milliseconds, or
   * until `signal` said to stop. */
  async resolve(
    addresses: Iterable<string>,
    bound: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    this.#forget();
    const queue = [...new Set(addresses)].filter((address) => !this.#known.has(address));
    const found = new Map<string, string>();
    if (queue.length === 0 || signal.aborted) return found;
    const lookUp = this.#startLookUp();
    const over = new AbortController();
    signal.addEventListener('abort', () => over.abort(), { signal: over.signal });
    const work = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const address = queue.pop();
        if (address === undefined) return;
        const name = await lookUp.nameOf(address);
        this.#remember(address, name);
        if (name !== null) found.set(address, name);
      }
    };
    const all = Promise.all(Array.from({ length: together }, work));
    await Promise.race([all, delay(bound, null, { signal: over.signal }).catch(() => null)]);
    over.abort();
    lookUp.cancel();
    return new Map(found); // an answer that comes too late is remembered, but no more told
  }

  #remember(address: string, name: string | null): void {
    const remember = name === null ? rememberNothing : rememberName;
    this.#known.set(address, { name, until: Date.now() + remember });
  }

  #forget(): void {
    for (const [address, { until }] of this.#known) {
      if (until <= Date.now()) this.#known.delete(address);
    }
  }
}

/** PTR look-ups (RFC 1035, 3.5) without a retry. */
class ReverseLookUp implements LookUp {
  readonly #resolver = new Resolver({ tries: 1 });

  async nameOf(address: string): Promise<string | null> {
    const bare = (address.split('%', 1)[0] ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    try {
      const [name] = await this.#resolver.reverse(bare);
      return name ?? null;
    } catch {
      return null;
    }
  }

  cancel(): void {
    this.#resolver.cancel();
  }
}
