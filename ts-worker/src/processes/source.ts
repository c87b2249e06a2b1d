// The seam between platforms: whatever can tell the facts of a process stands behind this.

import type { ProcessFacts } from '../model/process.ts';

export interface ProcessReader {
  /** One entry for each pid asked for that is still alive. A process that ends meanwhile is left
   * out; a fact that may not be read is null. Never throws for one process's sake. */
  read(
    pids: ReadonlySet<number>,
    options: { readonly modules: boolean },
  ): Promise<Map<number, ProcessFacts>>;
}
