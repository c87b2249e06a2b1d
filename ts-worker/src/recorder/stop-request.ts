// Who may ask the recorder to stop: SIGTERM, SIGINT, and the end of its standard input where that is
// a pipe, since then somebody holds the other end. A service's input is /dev/null and a terminal may
// be that of a job in the background: those say nothing.

import { Socket } from 'node:net';

/** Resolves with who asked. */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => resolve(`asked to by ${signal}`));
    }
    const { stdin } = process;
    if (!(stdin instanceof Socket) || stdin.isTTY) return;
    const end = () => resolve('standard input has ended');
    stdin.once('end', end).once('close', end).once('error', end).resume();
  });
}
