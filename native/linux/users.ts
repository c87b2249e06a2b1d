// User names for user ids. /etc/passwd first; what is not in it may come from a directory server,
// so `getent passwd` (getent(1)) is asked for all the rest at once, with a limit: it can hang.

import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';

/** Lines of passwd(5): name:password:uid:gid:… The first entry of a uid is its name. */
export function decodePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (/^\d+$/.test(uid) && name !== '' && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}

/** Milliseconds. A directory server may learn of a user, or come back: then it is asked again. */
const rememberName = 5 * 60_000;
const rememberNothing = 60_000;

interface Remembered {
  readonly name: string | null;
  readonly until: number;
}

function askNameService(uids: readonly number[], limit: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { timeout: limit, killSignal: 'SIGKILL' as const, encoding: 'utf8' as const };
    // getent ends with 2 where one key is unknown, and has still printed the others.
    execFile('getent', ['passwd', ...uids.map(String)], options, (_, out) => resolve(out));
  });
}

export class UserNames {
  readonly #file: string;
  readonly #limit: number;
  #read = -1;
  #local = new Map<number, string>();
  #asked = new Map<number, Remembered>();

  /** `limit`: milliseconds that the name service may take. */
  constructor(file = '/etc/passwd', limit = 1000) {
    this.#file = file;
    this.#limit = limit;
  }

  #refresh(): void {
    const changed = statSync(this.#file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === this.#read) return;
    this.#local = changed === 0 ? new Map() : decodePasswd(readFileSync(this.#file, 'utf8'));
    this.#asked = new Map();
    this.#read = changed;
  }

  /** Makes sure that the names of these uids are known, if they have any. */
  async learn(uids: Iterable<number>): Promise<void> {
    this.#refresh();
    const now = Date.now();
    const known = (uid: number) => this.#local.has(uid) || (this.#asked.get(uid)?.until ?? 0) > now;
    const unknown = [...new Set(uids)].filter((uid) => !known(uid));
    if (unknown.length === 0) return;
    const answers = decodePasswd(await askNameService(unknown, this.#limit));
    for (const uid of unknown) {
      const name = answers.get(uid) ?? null;
      const remember = name === null ? rememberNothing : rememberName;
      this.#asked.set(uid, { name, until: Date.now() + remember });
    }
  }

  /** The name, or the number itself where it has none. */
  of(uid: number): string {
    return this.#local.get(uid) ?? this.#asked.get(uid)?.name ?? String(uid);
  }
}
