// The seam between kinds of logs: what reads the lines of one kind stands behind this.

import type { Block } from './block.ts';

export interface LogParser {
  /** Takes the lines from a place on. Gives the place where it stopped: at the first line of
   * another log (files may have been joined), else at the end. */
  take(block: Block, from: number): number;
  /** Takes what stands behind the last end of line; nothing comes after it. */
  end(rest: string): void;
}
