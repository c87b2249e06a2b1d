// Whether a file with a log's name is one of ours: somebody may keep genuine ones beside them, and
// those are not ours to judge or to remove.

import { HeaderReader, isEscaped } from '../format/header-reader.ts';
import type { LogDirectory } from './directory.ts';

/** An empty one is ours, too: the recorder was stopped before its first line. */
export async function isOurs(directory: LogDirectory, name: string): Promise<boolean> {
  const beginning = await directory.read(name, 'Beginning', 200);
  const reader = new HeaderReader();
  reader.take(Buffer.from(beginning).toString('latin1').split(/\r?\n/, 1)[0] ?? '');
  return isEscaped(reader.header) || beginning.length === 0;
}
