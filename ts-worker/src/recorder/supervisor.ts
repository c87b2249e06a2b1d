// Whoever started the recorder and wants to know how it is, where it says so in the environment:
// systemd by sd_notify(3); the Windows service host in the same sentences, a line each on standard
// output; else nobody.

export interface Supervisor {
  /** Milliseconds within which it wants a sign of life again; null where it wants none. */
  readonly patience: number | null;
  /** It may still take that many milliseconds until it is ready. */
  starting(milliseconds: number): void;
  ready(): void;
  alive(): void;
  stopping(): void;
  /** One line for people. */
  status(text: string): void;
}

export const noSupervisor: Supervisor = {
  patience: null,
  starting: () => {},
  ready: () => {},
  alive: () => {},
  stopping: () => {},
  status: () => {},
};

/** The sentences of sd_notify(3). What can't be delivered is nobody's loss but the supervisor's. */
class Notified implements Supervisor {
  readonly patience: number | null;
  readonly #send: (sentence: string) => void;

  constructor(send: (sentence: string) => void, patience: number | null) {
    this.#send = send;
    this.patience = patience;
  }

  starting(milliseconds: number): void {
    this.#say(`EXTEND_TIMEOUT_USEC=${Math.round(milliseconds * 1000)}`);
  }

  ready(): void {
    this.#say('READY=1');
  }

  alive(): void {
    this.#say('WATCHDOG=1');
  }

  stopping(): void {
    this.#say('STOPPING=1');
  }

  status(text: string): void {
    this.#say(`STATUS=${text.replaceAll(/\s+/g, ' ')}`);
  }

  #say(sentence: string): void {
    try {
      this.#send(sentence);
    } catch {
      // It is gone, or busy: it will hear the next one.
    }
  }
}

/** sd_watchdog_enabled(3): the time-out is meant for one process alone, where it names one. */
function watchdogPatience(environment: NodeJS.ProcessEnv): number | null {
  const { WATCHDOG_USEC: time, WATCHDOG_PID: pid } = environment;
  if (time === undefined || (pid !== undefined && Number(pid) !== process.pid)) return null;
  const milliseconds = Number(time) / 1000;
  return milliseconds > 0 ? milliseconds : null;
}

const variables = ['NOTIFY_SOCKET', 'PORTREPORTER_NOTIFY', 'WATCHDOG_USEC', 'WATCHDOG_PID'];

/** Takes the variables out of the environment, so that no child speaks in our name. */
export async function findSupervisor(environment = process.env): Promise<Supervisor> {
  const { NOTIFY_SOCKET: name, PORTREPORTER_NOTIFY: way } = environment;
  const patience = watchdogPatience(environment);
  for (const each of variables) delete environment[each];
  if (way === 'stdout') {
    process.stdout.on('error', () => {}); // the host is gone: our input ends, too
    return new Notified((sentence) => process.stdout.write(`${sentence}\n`), patience);
  }
  if (name === undefined || process.platform !== 'linux') return noSupervisor;
  const { DatagramSender } = await import('../../../native/linux/datagram.ts');
  const sender = new DatagramSender(name);
  return new Notified((sentence) => sender.send(sentence), patience);
}
