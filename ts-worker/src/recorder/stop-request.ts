// Who may ask the recorder to stop: SIGTERM, SIGINT, SIGHUP (the terminal is gone), and the end of its standard input where that is
// a pipe, since then somebody holds the other end. A service's input is /dev/null and a terminal may
// be that of a job in the background: those say nothing.

import { Socket } from 'node:net';
import { StopSignal } from '../activity/stop-signal.ts';

/** Its reason is who asked. */
export function stopRequest(): StopSignal {
  const stop = new StopSignal();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => stop.give(`asked to by ${signal}`));
  }
  const { stdin } = process;
  if (!(stdin instanceof Socket) || stdin.isTTY) return stop;
  const end = () => stop.give('standard input has ended');
  stdin.once('end', end).once('close', end).once('error', end).resume();
  return stop;
}
