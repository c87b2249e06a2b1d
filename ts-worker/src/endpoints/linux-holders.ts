// Numbers for lists of holders, as the walk over files tells them: process by process, so that the
// last one is mostly the next one, too.

import { heldByNobody, heldUnseen, type SocketColumns } from './socket-columns.ts';
import type { Holder } from './source.ts';

/** A record of a process, and where it lies in the view. */
type StartTimeOf = (view: DataView, at: number) => number;

export class LinuxHolders {
  /** Asked once for each process; no function is made for each of its sockets. */
  readonly #startTimeOf: StartTimeOf;
  readonly #lists: (readonly Holder[])[];
  /** Numbers of the lists that have one process. */
  readonly #alone = new Map<number, number>();
  /** Numbers of longer lists, by the list to which a process was added. */
  readonly #longer = new Map<string, number>();
  #lastPid = 0;
  #lastNumber = 0;

  constructor({ holderLists }: SocketColumns, startTimeOf: StartTimeOf) {
    this.#lists = holderLists;
    this.#startTimeOf = startTimeOf;
  }

  of(pid: number, view: DataView, at: number): number {
    if (pid !== this.#lastPid) {
      let number = this.#alone.get(pid);
      if (number === undefined) {
        number = this.#lists.push([{ pid, startTime: this.#startTimeOf(view, at) }]) - 1;
        this.#alone.set(pid, number);
      }
      this.#lastPid = pid;
      this.#lastNumber = number;
    }
    return this.#lastNumber;
  }

  /** The list with one process more, where it is not in it already. */
  with(number: number, pid: number, view: DataView, at: number): number {
    const alone = this.of(pid, view, at);
    if (number === heldByNobody || number === heldUnseen) return alone;
    const list = this.#lists[number] ?? [];
    if (list.some((holder) => holder.pid === pid)) return number;
    const key = `${number} ${pid}`;
    const known = this.#longer.get(key);
    if (known !== undefined) return known;
    const longer = this.#lists.push([...list, ...(this.#lists[alone] ?? [])]) - 1;
    this.#longer.set(key, longer);
    return longer;
  }
}
