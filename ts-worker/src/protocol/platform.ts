// The one place that knows on which system the conversation takes place.

/** Bytes, as many as anybody may ask for (/proc/sys/fs/pipe-max-size). */
const roomForLines = 1 << 20;

/** A large answer is made while the part before is read. A pipe holds less than one line of it, and Node
 * writes to a pipe by waiting until there is room. Windows' pipes are written to without waiting. */
export async function makeRoomForAnswers(fd: number): Promise<void> {
  if (process.platform !== 'linux') return;
  const { setPipeSize } = await import('../../../native/linux/libc.ts');
  setPipeSize(fd, roomForLines);
}
