// The entries of one process in one second, by their endpoints: a busy process changes thousands
// of them within a second, and each of these records looks for its own.

import { type EndpointEnds, hasSameEnds, portsOf } from '../../model/endpoint.ts';
import type { ProcessRecord } from '../read/process-record.ts';
import type { RecordRow } from '../read/record-rows.ts';

interface Ends extends EndpointEnds {
  readonly protocol: string | null;
}

interface Found {
  readonly endpoint: Ends;
  readonly entry: ProcessRecord;
}

const isSame = (a: Ends, b: Ends): boolean => hasSameEnds(a, b) && a.protocol === b.protocol;

export class OwnEntries {
  readonly first: ProcessRecord;
  /** How much there is to remember. */
  size = 0;
  readonly #byPorts = new Map<number, Found[]>();

  constructor(first: ProcessRecord) {
    this.first = first;
  }

  add(entry: ProcessRecord): void {
    this.size += entry.endpoints.length + 1;
    for (const { endpoint } of entry.endpoints) {
      const ports = portsOf(endpoint);
      const there = this.#byPorts.get(ports);
      if (there === undefined) this.#byPorts.set(ports, [{ endpoint, entry }]);
      else if (!there.some((each) => isSame(each.endpoint, endpoint))) {
        there.push({ endpoint, entry });
      }
    }
  }

  /** The first entry that has the endpoint of the record. */
  find(row: RecordRow): ProcessRecord | undefined {
    const there = this.#byPorts.get(portsOf(row));
    return there?.find(({ endpoint }) => isSame(endpoint, row))?.entry;
  }
}
