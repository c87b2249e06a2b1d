// `portreporter-worker record`: puts a recorder together and runs it. The exit codes are those of
// sysexits.h, so that a supervisor can tell what to try again from what a person has to put right.

import { createEndpointReader } from '../endpoints/platform.ts';
import { systemClock } from '../logs/write/clock.ts';
import type { LogSetOptions } from '../logs/write/options.ts';
import { type ErrorCode, reportOf } from '../model/error.ts';
import { compileFilter } from '../model/filter/filter.ts';
import { createProcessReader } from '../processes/platform.ts';
import type { ProcessReader } from '../processes/source.ts';
import type { Settings } from '../settings/rules.ts';
import { completeSettings, readSettingsFile } from '../settings/settings.ts';
import { Snapshots } from '../snapshot/snapshot.ts';
import { help, parseArguments } from './arguments.ts';
import type { Identity } from './health.ts';
import { logOptionsOf } from './log-options.ts';
import { readMachine } from './machine.ts';
import { isOwn } from './own.ts';
import { openLogDirectory, watchClock } from './platform.ts';
import { Recorder } from './recorder.ts';
import { starterOf } from './source-keeper.ts';
import { stopRequest } from './stop-request.ts';
import { findSupervisor } from './supervisor.ts';

const exitCodes: Readonly<Partial<Record<ErrorCode, number>>> = {
  PR_USAGE: 64,
  PR_SOURCE_UNAVAILABLE: 69,
  PR_LOG_UNWRITABLE: 74,
  PR_LOG_DIRECTORY_BUSY: 75,
  PR_LOG_DIRECTORY_UNSAFE: 77,
  PR_SETTINGS_INVALID: 78,
  PR_SETTINGS_UNREADABLE: 78,
};

/** systemd's journal has the time already. */
const stamp = (): string =>
  process.env.JOURNAL_STREAM === undefined ? `${new Date().toISOString()} ` : '';

const say = (text: string): void => {
  process.stderr.write(`${stamp()}${text}\n`);
};

async function identify(version: string, processes: ProcessReader, settings: Settings) {
  const { pid } = process;
  const startTime = (await processes.read(new Set([pid]), { modules: false })).get(pid)?.startTime;
  const identity: Identity = {
    version,
    node: process.version,
    pid,
    processStarted: startTime == null ? null : new Date(startTime).toISOString(),
    since: new Date().toISOString(),
    logDirectory: settings.logDirectory,
  };
  return identity;
}

async function logOptions(
  settings: Settings,
  snapshots: Snapshots,
  processes: ProcessReader,
): Promise<LogSetOptions> {
  const everything = { filter: compileFilter({}), modules: false, source: null };
  return {
    ...logOptionsOf(settings),
    directory: await openLogDirectory(settings.logDirectory),
    clock: systemClock,
    processes,
    look: async () => {
      const { rows, table } = await snapshots.take(everything);
      return { rows: [...rows].filter(({ ownership }) => !isOwn(ownership)), until: table.end };
    },
    machine: readMachine(),
    newline: process.platform === 'win32' ? '\r\n' : '\n',
  };
}

async function record(settings: Settings, version: string, file: string): Promise<void> {
  const stop = stopRequest();
  const supervisor = await findSupervisor();
  const endpoints = await createEndpointReader(file);
  const processes = await createProcessReader();
  const snapshots = new Snapshots(endpoints, processes);
  const recorder = new Recorder({
    identity: await identify(version, processes, settings),
    logs: await logOptions(settings, snapshots, processes),
    choice: settings.source,
    startSource: starterOf({ snapshots, processes, capture: { file } }),
    supervisor,
    clock: await watchClock(),
    say,
  });
  try {
    await recorder.run(stop);
  } finally {
    endpoints.close();
  }
}

/** `file`: the bundled worker, which the capture thread runs, too. Gives the exit code. */
export async function runRecord(
  args: readonly string[],
  version: string,
  file: string,
): Promise<number> {
  process.stderr.on('error', () => {}); // nobody reads what we say: that is no reason to stop
  try {
    const parsed = parseArguments(args);
    if (parsed.help) {
      process.stdout.write(help);
      return 0;
    }
    const fromFile = parsed.file === null ? {} : readSettingsFile(parsed.file);
    await record(completeSettings(fromFile, parsed.given), version, file);
    return 0;
  } catch (error) {
    const { code, message, hint } = reportOf(error);
    say(`${code}: ${message}${hint === null ? '' : ` ${hint}`}`);
    return exitCodes[code] ?? 1;
  } finally {
    process.stdin.destroy();
  }
}
