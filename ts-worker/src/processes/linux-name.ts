// The name of a Linux process. The kernel keeps 15 bytes of it (comm), and any thread may rename
// itself: Node 24 calls its main thread MainThread. So comm is believed where it is the beginning of
// what was executed (then the whole name is known), else the executable names the process.

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** comm holds 15 bytes; a cut inside a character leaves bytes that are shown as \xHH. */
const kernelLength = 15;

function isCut(command: string): boolean {
  return Buffer.byteLength(command) >= kernelLength;
}

/** What was executed: the program, the name it was called by, the script it runs; a `#!` line may
 * put one option of the interpreter before the script. */
function executedNames(path: string | null, args: readonly string[]): string[] {
  const [called = '', script = '', afterOption = ''] = args;
  const names = [path ?? '', called.replace(/^-/, ''), script, afterOption].map(baseName);
  return [...names, called].filter((name) => name !== '');
}

export function processName(command: string, path: string | null, args: readonly string[]): string {
  const start = command.replace(/(\\x[0-9a-f]{2})+$/, '');
  const names = executedNames(path, args);
  const whole = names.find((name) => name === command);
  if (whole !== undefined) return whole;
  const longer = names.find((name) => name.startsWith(isCut(command) ? start : command));
  if (longer !== undefined) return isCut(command) ? longer : command;
  return path === null ? command : baseName(path);
}
