// A machine for the service tests: the Wine prefix. It runs from `boot` to `powerOff`; a program that
// waits stands for the user who has logged on, without whom Wine would end its services.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, stopWine, type WineFolders, wineEnvironment } from '../wine.ts';
import type { Staged } from './stage.ts';

const longest = 300_000;

export class Machine {
  readonly #folders: WineFolders;
  readonly #staged: Staged;
  readonly #events: string;
  #user: ChildProcess | null = null;

  constructor(folders: WineFolders, staged: Staged) {
    this.#folders = folders;
    this.#staged = staged;
    mkdirSync(join(folders.packages, 'output'), { recursive: true });
    this.#events = join(folders.packages, 'output/events.txt');
    closeSync(openSync(this.#events, 'w'));
  }

  /** A path of drive C: as this system names it. */
  pathOf(path: string): string {
    return join(this.#folders.prefix, 'drive_c', path.replace(/^C:\\/i, '').replaceAll('\\', '/'));
  }

  /** What programs said to the event log, which Wine keeps nowhere: it traces it. A line for each
   * text of an event, behind its kind (`err`, `warn`, `trace`). */
  get events(): string {
    return readFileSync(this.#events, 'utf8').replaceAll(/^.*?:(\w+):eventlog:\w+ /gm, '$1 ');
  }

  /** Runs a program of Windows without PowerShell, which takes a second to start. */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const file = join(this.#folders.packages, `output/program-${Date.now()}.txt`);
    const output = openSync(file, 'w');
    const child = this.#spawn(program, args, output, output);
    await new Promise((resolve) => child.on('exit', resolve));
    closeSync(output);
    return readFileSync(file, 'utf8').replaceAll('\r', '');
  }

  #spawn(program: string, args: readonly string[], output: number, errors: number): ChildProcess {
    const env = {
      ...wineEnvironment(this.#folders.prefix),
      WINEDEBUG: '-all,+eventlog',
      PORTREPORTER_NODE: this.#staged.node,
    };
    return spawn('wine', [program, ...args], { env, stdio: ['ignore', output, errors] });
  }

  /** The first program of a prefix starts its services, as a boot does. */
  async boot(): Promise<void> {
    const events = openSync(this.#events, 'a');
    const up = join(this.#folders.packages, 'output/up.txt');
    const output = openSync(up, 'w');
    const wait = 'console.log("up"); setInterval(() => {}, 1000)';
    this.#user = this.#spawn(nodeProgram(this.#folders), ['-e', wait], output, events);
    closeSync(events);
    closeSync(output);
    await until('the machine is up', () => readFileSync(up, 'utf8').includes('up'));
  }

  /** At once, as when the power fails. */
  powerOff(): void {
    stopWine(this.#folders.prefix);
    this.#user?.kill();
  }

  /** Runs a script in an administrator's PowerShell, the module imported, and gives what it says. */
  async powershell(script: string): Promise<string> {
    const file = join(this.#folders.packages, `output/powershell-${Date.now()}.txt`);
    const output = openSync(file, 'w');
    const errors = openSync(`${file}.errors`, 'w');
    const whole = `Import-Module '${this.#staged.module}'; ${script}`;
    const engine = join(this.#folders.engine, 'portreporter-engine.exe');
    const child = this.#spawn(engine, ['-NoProfile', '-Command', whole], output, errors);
    const limit = setTimeout(() => child.kill('SIGKILL'), longest);
    await new Promise((resolve) => child.on('exit', resolve));
    clearTimeout(limit);
    closeSync(output);
    closeSync(errors);
    // Wine has words of its own there.
    const said = readFileSync(`${file}.errors`, 'utf8').replaceAll(
      /^(wine:|wine client error:|.*:eventlog:).*\n/gm,
      '',
    );
    return `${readFileSync(file, 'utf8')}${said}`.replaceAll('\r', '').trim();
  }
}

/** Polls until it is so; throws after three minutes. */
export async function until<T>(what: string, check: () => T | Promise<T>): Promise<T> {
  for (const end = Date.now() + 180_000; ; ) {
    const answer = await check();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`Within three minutes it was not so that ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
