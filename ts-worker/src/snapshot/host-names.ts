// Names for remote addresses, on request. Asked side by side, remembered for a while, and given up
// after a bound: a slow name server never holds the rows back, they are sent before.

import { Resolver } from 'node:dns/promises';

/** Milliseconds. No answer may only mean a slow server: it is soon asked again. */
const rememberName = 5 * 60_000;
const rememberNothing = 10_000;
const together = 64;

interface Remembered {
  readonly name: string | null;
  readonly until: number;
}

export class HostNames {
  readonly #known = new Map<string, Remembered>();
  readonly #lookUp: (address: string, bound: number) => Promise<string | null>;

  constructor(lookUp = reverse) {
    this.#lookUp = lookUp;
  }

  /** What is remembered of the address; null where nothing is. */
  remembered(address: string): string | null {
    const known = this.#known.get(address);
    return known !== undefined && known.until > Date.now() ? known.name : null;
  }

  /** Asks for those not remembered and gives the names that came within `bound` milliseconds. */
  async resolve(
    addresses: Iterable<string>,
    bound: number,
    signal: AbortSignal,
  ): Promise<Map<string, string>> {
    const deadline = Date.now() + bound;
    const isKnown = (address: string) => (this.#known.get(address)?.until ?? 0) > Date.now();
    const queue = [...new Set(addresses)].filter((address) => !isKnown(address));
    const found = new Map<string, string>();
    const work = async (): Promise<void> => {
      for (let address = queue.pop(); address !== undefined; address = queue.pop()) {
        const left = deadline - Date.now();
        if (left <= 0 || signal.aborted) return;
        const name = await this.#lookUp(address, left);
        const remember = name === null ? rememberNothing : rememberName;
        this.#known.set(address, { name, until: Date.now() + remember });
        if (name !== null) found.set(address, name);
      }
    };
    await Promise.all(Array.from({ length: together }, work));
    return found;
  }
}

/** One PTR look-up (RFC 1035, 3.5) without a retry; null where there is no name or no answer. */
async function reverse(address: string, bound: number): Promise<string | null> {
  const resolver = new Resolver({ timeout: bound, tries: 1 });
  const limit = setTimeout(() => resolver.cancel(), bound);
  try {
    const bare = (address.split('%', 1)[0] ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    const [name] = await resolver.reverse(bare);
    return name ?? null;
  } catch {
    return null;
  } finally {
    clearTimeout(limit);
  }
}
