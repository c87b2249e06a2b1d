// Waiting for something unless all is over before. Promise.race() with a promise that stays open keeps
// every promise that was ever raced against it: in a recorder that runs for months, that adds up.

export class StopSignal {
  readonly #waiting = new Set<() => void>();
  /** Why; null until it is given. */
  reason: string | null = null;

  give(reason: string): void {
    this.reason ??= reason;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** Resolves when that does, or when the signal is given. Rejects as it does. */
  async orWhen(promise: Promise<unknown> | undefined): Promise<void> {
    if (this.reason !== null || promise === undefined) return;
    let resolve = () => {};
    const given = new Promise<void>((done) => {
      resolve = done;
    });
    this.#waiting.add(resolve);
    try {
      await Promise.race([promise, given]);
    } finally {
      this.#waiting.delete(resolve);
    }
  }

  /** Resolves after so many milliseconds, or when the signal is given. */
  async orAfter(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await this.orWhen(passed);
    clearTimeout(timer);
  }
}
