// What is done to the model: one step after the other, in the order in which they came, and none before
// the tables were read into it.

export interface StepWork {
  /** Resolves when what comes of a step will be taken; to false where nobody is left to take it. */
  mayGoOn(): Promise<boolean>;
  /** Tells what came of a step. */
  tell(): Promise<void>;
  failed(error: unknown): void;
}

export class ModelSteps {
  readonly #work: StepWork;
  readonly #steps: (() => void)[] = [];
  #mayBegin = false;
  #working: Promise<void> | null = null;

  constructor(work: StepWork) {
    this.#work = work;
  }

  add(step: () => void): void {
    this.#steps.push(step);
    this.#workSoon();
  }

  /** The model is filled. */
  begin(): void {
    this.#mayBegin = true;
    this.#workSoon();
  }

  /** Resolves when no step is at work. */
  async ended(): Promise<void> {
    await this.#working;
  }

  #workSoon(): void {
    if (!this.#mayBegin) return;
    this.#working ??= this.#workThrough()
      .catch((error) => this.#work.failed(error))
      .finally(() => {
        this.#working = null;
      });
  }

  /** No faster than the listener takes what comes of it; what has to wait does so as it came from the
   * kernel, which is smallest. */
  async #workThrough(): Promise<void> {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      if (!(await this.#work.mayGoOn())) return;
      step();
      await this.#work.tell();
      if (this.#steps.length > 0) await new Promise(setImmediate);
    }
  }
}
