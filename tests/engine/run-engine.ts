// Starts the engine host for its tests: with redirected streams, or on a pseudo-terminal that
// util-linux's `script` makes. Paths start at the repository's root, where npm runs the tests.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const suffix = process.platform === 'win32' ? '.exe' : '';
const published = join('tests', 'engine', 'bin', 'publish', `portreporter-engine${suffix}`);
export const enginePath = join(process.cwd(), published);

export const notBuilt = existsSync(enginePath)
  ? false
  : `${published} is not there: run dotnet publish tests/engine`;

export const noTerminal =
  notBuilt ||
  (spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
    ? false
    : "no pseudo-terminal: util-linux's script is not there");

export interface Result {
  readonly code: number | null;
  readonly output: string;
  readonly error: string;
}

export interface Options {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const environment = (extra: Options['environment']): NodeJS.ProcessEnv => {
  const { NO_COLOR: _, ...rest } = process.env;
  return { ...rest, TERM: 'xterm', ...extra };
};

// Line ends as on Linux, so that a test's expectation is one text everywhere.
const plainLines = (text: string): string => text.replaceAll('\r\n', '\n');

export function runEngine(args: readonly string[], options: Options = {}): Result {
  const run = spawnSync(enginePath, args, {
    encoding: 'utf8',
    input: options.input ?? '',
    env: environment(options.environment),
    timeout: 60_000,
  });
  return { code: run.status, output: plainLines(run.stdout), error: plainLines(run.stderr) };
}

export const runCommand = (text: string, options?: Options): Result =>
  runEngine(['-NoProfile', '-Command', text], options);

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

// A person at a terminal: waits for what the host prints, then types.
export class Terminal {
  readonly #script: ChildProcess;
  readonly #ended: Promise<number | null>;
  #shown = '';
  #read = 0;
  #waiting: () => void = () => {};

  constructor(args: readonly string[], options: Options & { readonly columns?: number } = {}) {
    const command = [enginePath, ...args].map(quoted).join(' ');
    const line = `stty cols ${options.columns ?? 100} rows 30; exec ${command}`;
    this.#script = spawn('script', ['-qec', line, '/dev/null'], {
      env: environment(options.environment),
    });
    this.#script.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text;
      this.#waiting();
    });
    this.#ended = new Promise((resolve) => this.#script.on('close', resolve));
  }

  get shown(): string {
    return plainLines(this.#shown);
  }

  type(text: string): void {
    this.#script.stdin?.write(text);
  }

  // Resolves once `text` is shown behind what was waited for before.
  async waitFor(text: string): Promise<void> {
    const deadline = setTimeout(() => this.#script.kill(), 30_000);
    try {
      while (this.#script.exitCode === null && !this.#take(text)) await this.#change();
    } finally {
      clearTimeout(deadline);
    }
    if (!this.#shown.slice(0, this.#read).endsWith(text)) {
      throw new Error(`'${text}' was not shown. Shown: ${JSON.stringify(this.#shown)}`);
    }
  }

  // The exit code.
  async end(): Promise<number | null> {
    const deadline = setTimeout(() => this.#script.kill(), 30_000);
    const code = await this.#ended;
    clearTimeout(deadline);
    return code;
  }

  #take(text: string): boolean {
    const at = this.#shown.indexOf(text, this.#read);
    if (at >= 0) this.#read = at + text.length;
    return at >= 0;
  }

  #change(): Promise<void> {
    const shown = new Promise<void>((resolve) => {
      this.#waiting = resolve;
    });
    return Promise.race([shown, this.#ended.then(() => undefined)]);
  }
}
