// The installed recorder, as the tests see it: through systemd and through its logs.

import { readdirSync, readFileSync } from 'node:fs';
import type { Machine } from './machine.ts';
import { until } from './until.ts';

export const logs = '/var/log/portreporter';

export class Recorder {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** A property of its unit. */
  async show(property: string): Promise<string> {
    const words = ['systemctl', 'show', 'portreporter', '--value', '-p', property];
    return (await this.#machine.must(...words)).trim();
  }

  async mainPid(): Promise<number> {
    return Number(await this.show('MainPID'));
  }

  /** The pid that it has when it is back after `former`. */
  backAfter(former: number): Promise<number> {
    return until('the recorder is back', async () => {
      const pid = await this.mainPid();
      return pid !== former && (await this.show('ActiveState')) === 'active' && pid;
    });
  }

  logNames(kind: string): string[] {
    const names = readdirSync(this.#machine.pathOf(logs));
    return names.filter((name) => name.startsWith(`${kind}-`));
  }

  readLogs(kind: string): string {
    const paths = this.logNames(kind).map((name) => this.#machine.pathOf(`${logs}/${name}`));
    return paths.map((path) => readFileSync(path, 'utf8')).join('');
  }

  /** How often it says something of itself in its logs. A count stands as N. */
  timesSaid(text: string): number {
    const lines = [...this.readLogs('PR-PORTS').matchAll(/^# \S+ (.*)$/gm)];
    return lines.filter(([, line = '']) => line.replace(/\d+/, 'N').startsWith(text)).length;
  }
}
