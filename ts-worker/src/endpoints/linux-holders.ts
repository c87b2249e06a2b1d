// Numbers for lists of holders, as the walk over files tells them: process by process, so that the
// last one is mostly the next one, too.

import type { SocketColumns } from './socket-columns.ts';
import type { Holder } from './source.ts';

export class LinuxHolders {
  readonly #lists: (readonly Holder[])[];
  /** Numbers of the lists that have one process. */
  readonly #alone = new Map<number, number>();
  /** Numbers of longer lists, by the list to which a process was added. */
  readonly #longer = new Map<string, number>();
  #lastPid = 0;
  #lastNumber = 0;

  constructor({ holderLists }: SocketColumns) {
    this.#lists = holderLists;
  }

  /** `startTime` is asked once for each process. */
  of(pid: number, startTime: () => number): number {
    if (pid !== this.#lastPid) {
      let number = this.#alone.get(pid);
      if (number === undefined) {
        number = this.#lists.push([{ pid, startTime: startTime() }]) - 1;
        this.#alone.set(pid, number);
      }
      this.#lastPid = pid;
      this.#lastNumber = number;
    }
    return this.#lastNumber;
  }

  /** The list with one process more, where it is not in it already. */
  with(number: number, pid: number, startTime: () => number): number {
    const list = this.#lists[number] ?? [];
    const alone = this.of(pid, startTime);
    if (list.length === 0) return alone;
    if (list.some((holder) => holder.pid === pid)) return number;
    const key = `${number} ${pid}`;
    const known = this.#longer.get(key);
    if (known !== undefined) return known;
    const longer = this.#lists.push([...list, ...(this.#lists[alone] ?? [])]) - 1;
    this.#longer.set(key, longer);
    return longer;
  }
}
