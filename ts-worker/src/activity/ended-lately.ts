// The cookies of endpoints that ended lately, with the moments, in the order in which they did: a slow
// reading of the tables may still show them. Two lists, as a Map of what comes and goes so quickly is
// made anew all the time.

export class EndedLately {
  #cookies: number[] = [];
  #moments: number[] = [];

  add(cookie: number, at: number): void {
    this.#cookies.push(cookie);
    this.#moments.push(at);
  }

  /** The moment of each cookie's last end. */
  moments(): Map<number, number> {
    return new Map(this.#cookies.map((cookie, place) => [cookie, this.#moments[place] ?? 0]));
  }

  forget(before: number): void {
    const kept = this.#moments.findIndex((at) => at >= before);
    const from = kept < 0 ? this.#moments.length : kept;
    if (from === 0) return;
    this.#cookies = this.#cookies.slice(from);
    this.#moments = this.#moments.slice(from);
  }
}
