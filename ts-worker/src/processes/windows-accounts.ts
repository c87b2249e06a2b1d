// Account names by SID, remembered: the same few users run all processes. A domain controller that
// does not answer holds nobody up for long; its users are shown by their SIDs until it does.

import { formatSid } from '../../../native/windows/sid.ts';

export type LookupAccount = (sid: Uint8Array) => Promise<string | null>;

/** Milliseconds. A SID without a name may get one: the controller may be back. */
const longestWait = 1000;
const askAgainAfter = 10 * 60_000;

interface Account {
  /** Null while it is asked for, and where there is none. */
  name: string | null;
  readonly asked: number;
  readonly answer: Promise<void>;
}

export class AccountNames {
  readonly #accounts = new Map<string, Account>();
  readonly #lookup: LookupAccount;

  constructor(lookup: LookupAccount) {
    this.#lookup = lookup;
  }

  /** Asks for all that are not known, side by side, and waits for a bounded time. */
  async learn(sids: Iterable<Uint8Array>, wait = longestWait): Promise<void> {
    const answers = [...sids].map((sid) => this.#ask(sid).answer);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, wait);
    });
    await Promise.race([Promise.all(answers), limit]);
    clearTimeout(timer);
  }

  /** `DOMAIN\name`, or the SID itself. */
  of(sid: Uint8Array): string {
    const text = formatSid(sid);
    return this.#accounts.get(text)?.name ?? text;
  }

  #ask(sid: Uint8Array): Account {
    const text = formatSid(sid);
    const known = this.#accounts.get(text);
    const stale = known?.name === null && Date.now() - known.asked > askAgainAfter;
    if (known !== undefined && !stale) return known;
    const answer = this.#lookup(sid).then((name) => {
      account.name = name;
    });
    const account: Account = { name: null, asked: Date.now(), answer };
    this.#accounts.set(text, account);
    return account;
  }
}
