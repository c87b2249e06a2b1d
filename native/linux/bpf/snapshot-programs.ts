// The programs of a snapshot. What they need to know of the kernel is asked for at once: each reading of
// its types takes as long as a snapshot.

import files from './files.bpf.o';
import hashes from './hashes.bpf.o';
import { parsed } from './load.ts';
import processes from './processes.bpf.o';
import { prepare } from './program.ts';

export function prepareSnapshotPrograms(): void {
  prepare([files, hashes, processes].flatMap((bytes) => parsed(bytes).programs));
}
