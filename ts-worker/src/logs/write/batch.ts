// Changes and status lines on their way to the disk. A batch is begun, written in slices, and done
// with when its files are known to be still there; until then it can be written again to others.

import type { EndpointChange } from '../../model/change.ts';
import { isPortUse } from '../format/port-line.ts';
import { statusLine } from '../format/status-line.ts';
import { type BacklogItem, isStatus } from './backlog.ts';
import type { LogFiles } from './log-files.ts';

const sliceSize = 2000;

/** The change that is a record of its own in files of that format; null where there is none. */
export function recordOf(item: BacklogItem, { facts }: LogFiles): EndpointChange | null {
  if (isStatus(item) || item.kind === 'ProcessExited') return null;
  return facts.format === 'Extended' || isPortUse(item) ? item : null;
}

export class Batch {
  readonly items: readonly BacklogItem[];
  #at = 0;

  constructor(items: readonly BacklogItem[]) {
    this.items = items;
  }

  /** Goes on where it was interrupted. */
  async write(files: LogFiles, elapsed: () => number): Promise<void> {
    await files.flush(elapsed());
    while (this.#at < this.items.length) {
      const slice = this.items.slice(this.#at, this.#at + sliceSize);
      this.#append(slice, files);
      this.#at += slice.length;
      await files.flush(elapsed());
    }
  }

  /** For other files: all of it has to be written again. */
  restart(): void {
    this.#at = 0;
  }

  #append(slice: readonly BacklogItem[], files: LogFiles): void {
    const lines: string[] = [];
    let records = 0;
    for (const item of slice) {
      const record = recordOf(item, files);
      if (record !== null) {
        lines.push(files.lines.line(record));
        records += 1;
      } else if (isStatus(item)) {
        // Among the records, in their order; in the Legacy format in a file of their own.
        if (files.status === files.ports) lines.push(statusLine(item));
        else files.say(item);
      }
    }
    files.ports.append(lines, records);
  }
}
