// The door to reading: a log in, its records out, part by part, with memory that does not grow with
// the file. What is asked for is filtered here; a bad line is told and the reading goes on.
//
// For Import-PRLog: hand on `records` as they are, `processes` as blocks, each of `bad` as an
// error; say once that the time zone was assumed; bytesRead beside the file's size is the progress.

import { open } from 'node:fs/promises';
import type { LogPart, ReadOptions } from './context.ts';
import { asLogError } from './found-logs.ts';
import { LogReader } from './log-reader.ts';
import { PackedWrongly, plainBytes } from './plain-bytes.ts';

export interface LogSource {
  /** As it shall be called in records and errors. */
  readonly file: string;
  /** A chunk need not outlive the call for the next one. */
  chunks(): AsyncIterable<Uint8Array>;
  /** True where nobody knows when the next chunk comes. */
  readonly isGrowing?: true;
}

const chunkSize = 512 * 1024;
/** Who waits for the first record of a file gets it sooner. */
const firstSize = 64 * 1024;

/** Reads the next chunk while the last one is worked on. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  const readInto = async (buffer: Buffer, most = chunkSize): Promise<Uint8Array> => {
    const { bytesRead } = await handle.read(buffer, 0, most);
    return buffer.subarray(0, bytesRead);
  };
  let [now, ahead] = [Buffer.allocUnsafe(chunkSize), Buffer.allocUnsafe(chunkSize)];
  let reading = readInto(now, firstSize);
  try {
    for (let chunk = await reading; chunk.length > 0; chunk = await reading) {
      reading = readInto(ahead);
      reading.catch(() => {}); // told when it is waited for
      [now, ahead] = [ahead, now];
      yield chunk;
    }
  } finally {
    await reading.catch(() => {});
    await handle.close();
  }
}

export const fileSource = (path: string): LogSource => ({
  file: path,
  chunks: () => chunksOf(path),
});

/** Throws a PortReporterError where the file can't be read or is no log. */
export async function* readLog(source: LogSource, options: ReadOptions): AsyncGenerator<LogPart> {
  const reader = new LogReader(source.file, options);
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source.chunks()) {
      bytesRead += chunk.length;
      yield chunk;
    }
  }
  try {
    for await (const bytes of plainBytes(counted())) {
      reader.take(bytes);
      yield reader.part(bytesRead, source.isGrowing !== true);
    }
  } catch (error) {
    if (!(error instanceof PackedWrongly)) throw asLogError(source.file, error);
    reader.bad('a whole gzip file', error.message);
  }
  reader.end();
  yield reader.part(bytesRead);
}
