// A recorder as a supervisor runs it, its directory, and what stands in its logs.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareBegun, parseFileName } from '../../../../ts-worker/src/logs/format/file-name.ts';
import { parseStatus, type RecorderStatus } from '../../../../ts-worker/src/settings/status.ts';
import { type PortRecordRow, readBytes } from '../../logs/support/read.ts';
import { answered, endWithTests } from '../../support/children.ts';
import { inRepository } from '../../support/repository.ts';

const bundle = inRepository('ts-worker/dist/portreporter-worker.cjs');

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

const patience = 60_000;

/** Fails where it does not become true: long after it should have, on however busy a machine. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const begun = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - begun > patience) assert.fail(`It never came to: ${what}`);
    await pause(25);
  }
}

/** A directory of logs, and what is in it. */
export class Logs {
  readonly path: string;

  constructor(path = mkdtempSync(join(tmpdir(), 'portreporter-record-'))) {
    this.path = path;
  }

  names(kind: string): string[] {
    const files = readdirSync(this.path).flatMap((name) => {
      const file = parseFileName(name);
      return file?.kind === kind ? [{ name, ...file }] : [];
    });
    return files.sort(compareBegun).map(({ name }) => name);
  }

  text(kind: string): string {
    return this.names(kind)
      .map((name) => readFileSync(join(this.path, name), 'utf8'))
      .join('');
  }

  /** Status lines without their time. */
  status(): string[] {
    const lines = this.text('PR-PORTS').match(/^# .*$/gm) ?? [];
    return lines.map((line) => line.replace(/^# \S+ /, ''));
  }

  async read(kind: string, names = this.names(kind)) {
    const read = await Promise.all(
      names.map((name) => readBytes(readFileSync(join(this.path, name)), {})),
    );
    return {
      rows: read.flatMap(({ rows }) => rows),
      processes: read.flatMap(({ processes }) => processes),
      bad: read.flatMap(({ bad }) => bad),
    };
  }

  async records(): Promise<PortRecordRow[]> {
    return (await this.read('PR-PORTS')).rows;
  }

  health(): RecorderStatus | null {
    try {
      return parseStatus(readFileSync(join(this.path, 'status.json'), 'utf8'));
    } catch {
      return null;
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface RecorderOptions {
  readonly logs: Logs;
  readonly args?: readonly string[];
  /** A program and its arguments that run the recorder. */
  readonly within?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: 'ignore' | 'pipe';
}

export class RunningRecorder {
  readonly logs: Logs;
  readonly process: ChildProcess;
  readonly #ended: Promise<{ code: number | null; signal: string | null }>;
  said = '';

  constructor({ logs, args = [], within = [], env = {}, stdin = 'ignore' }: RecorderOptions) {
    this.logs = logs;
    const own = [bundle, 'record', '--log-directory', logs.path, ...args];
    const [program = '', ...rest] = [...within, process.execPath, ...own];
    this.process = spawn(program, rest, {
      stdio: [stdin, 'pipe', 'pipe'],
      env: { ...process.env, JOURNAL_STREAM: undefined, ...env },
    });
    endWithTests(this.process);
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.said += chunk.toString();
      });
    }
    this.#ended = once(this.process, 'close').then(([code, signal]) => ({ code, signal }));
  }

  static async start(options: RecorderOptions): Promise<RunningRecorder> {
    const recorder = new RunningRecorder(options);
    await until('a recorder that is ready', () => {
      assert.equal(recorder.process.exitCode, null, recorder.said);
      return recorder.said.includes('Recording by');
    });
    return recorder;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Resolves when all that was done before is in the log: it has come to something of our own. */
  async caughtUp(): Promise<void> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    const line = new RegExp(`UDP,${port},127\\.0\\.0\\.1,.*,Disappeared,`);
    await until('the end of our socket in the log', () => line.test(this.logs.text('PR-PORTS')));
  }

  ended(): Promise<{ code: number | null; signal: string | null }> {
    return answered(this.#ended, 'the end of a recorder');
  }

  async kill(signal: NodeJS.Signals = 'SIGTERM') {
    this.process.kill(signal);
    return await this.ended();
  }
}
