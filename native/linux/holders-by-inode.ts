// The holders of sockets by inode number: a hash table with open addressing, made once. A Map takes
// four times as long for tens of thousands of numbers.

/** Knuth's multiplier: it spreads numbers that follow one another over the whole table. */
const multiplier = 0x9e37_79b1;

export class HoldersByInode {
  readonly #shift: number;
  /** 0 where a slot is free: no socket has this number. */
  readonly #inodes: Uint32Array;
  /** For each slot a place in #lists. */
  readonly #places: Uint32Array;
  readonly #lists: number[][] = [[]];
  #size = 0;

  /** Lists of inode number and process id, one pair after the other. */
  constructor(lists: readonly Uint32Array[]) {
    const numbers = lists.reduce((sum, { length }) => sum + length, 2);
    this.#shift = Math.clz32(numbers); // at most half of the slots will be taken
    this.#inodes = new Uint32Array(2 ** (32 - this.#shift));
    this.#places = new Uint32Array(this.#inodes.length);
    for (const pairs of lists) this.#addAll(pairs);
    for (const pids of this.#lists) pids.sort((a, b) => a - b);
  }

  get size(): number {
    return this.#size;
  }

  /** Process ids in order. The sockets that a process has for itself share one list. */
  get(inode: number): readonly number[] {
    return this.#lists[this.#places[this.#slotOf(inode)] ?? 0] ?? [];
  }

  #slotOf(inode: number): number {
    const inodes = this.#inodes;
    let slot = Math.imul(inode, multiplier) >>> this.#shift;
    while (inodes[slot] !== 0 && inodes[slot] !== inode) slot = (slot + 1) & (inodes.length - 1);
    return slot;
  }

  #addAll(pairs: Uint32Array): void {
    let own = 0;
    for (let at = 0; at < pairs.length; at += 2) {
      const [inode, pid] = [pairs[at] ?? 0, pairs[at + 1] ?? 0];
      if (at === 0 || pid !== pairs[at - 1]) own = this.#lists.push([pid]) - 1;
      this.#add(inode, pid, own);
    }
  }

  #add(inode: number, pid: number, own: number): void {
    const slot = this.#slotOf(inode);
    const known = this.#places[slot] ?? 0;
    if (known === 0) this.#size += 1;
    this.#inodes[slot] = inode;
    this.#places[slot] = known === 0 ? own : this.#withHolder(known, pid);
  }

  /** The place of a list with one holder more. A list of one is not changed: others share it. */
  #withHolder(place: number, pid: number): number {
    const pids = this.#lists[place] ?? [];
    if (pids.includes(pid)) return place; // several descriptors of one process
    if (pids.length === 1) return this.#lists.push([...pids, pid]) - 1;
    pids.push(pid);
    return place;
  }
}
