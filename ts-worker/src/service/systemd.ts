// The recorder as a service of systemd: one unit file in /etc/systemd/system, put there and replaced
// as a whole. Everything else is asked of systemctl.

import { readFile } from 'node:fs/promises';
import { PortReporterError, reportOf } from '../model/error.ts';
import { replaceFile } from './replace-file.ts';
import type { Registration, ServiceManager, ServiceState } from './source.ts';
import type { Step } from './step.ts';
import { runProgram, systemctl } from './systemctl.ts';
import { canBeProgram, unitText } from './systemd-unit.ts';

const unit = 'portreporter.service';
const folder = '/etc/systemd/system';
const file = `${folder}/${unit}`;

async function readUnit(): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Null removes it. A link that somebody made of it is replaced, not followed. */
async function writeUnit(text: string | null): Promise<void> {
  await replaceFile(file, text);
  await systemctl('daemon-reload');
}

function assertNameable(directory: string): void {
  if (canBeProgram(directory)) return;
  throw new PortReporterError(
    'PR_SETTINGS_INVALID',
    `systemd runs no program in '${directory}': its path has a quote, a backslash or a control character.`,
    { target: directory, hint: 'Choose another -Path.' },
  );
}

async function systemdVersion(): Promise<number> {
  return Number(/^systemd (\d+)/.exec(await systemctl('--version'))?.[1] ?? 0);
}

const shown = [
  ...['LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'MainPID', 'Result'],
  ...['ExecMainCode', 'ExecMainStatus', 'NRestarts'],
];

async function show(): Promise<ReadonlyMap<string, string>> {
  const output = await systemctl('show', unit, `--property=${shown.join(',')}`);
  const lines = output.split('\n').filter((line) => line.includes('='));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), afterEquals(line)]));
}

/** Without a message bus systemd answers root alone. */
const toProblem = (error: unknown): string =>
  `systemd can't be asked: ${reportOf(error).message.replace(/^systemctl show .* failed: /, '')}.`;

const afterEquals = (line: string): string => line.slice(line.indexOf('=') + 1);

/** The words between quotes of ExecStart=, as systemd-unit.ts wrote them. */
function commandOf(text: string): string[] {
  const line = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
  const words = line.matchAll(/"((?:[^"\\]|\\.)*)"/g);
  return [...words].map(([, word = '']) =>
    word.replaceAll('$$', '$').replaceAll('%%', '%').replaceAll(/\\(.)/g, '$1'),
  );
}

const states: Readonly<Record<string, ServiceState['state']>> = {
  active: 'Running',
  reloading: 'Running',
  activating: 'Starting',
  deactivating: 'Stopping',
  failed: 'Failed',
};

const results: Readonly<Record<string, string>> = {
  watchdog: 'it no longer answered, and systemd ended it',
  timeout: 'it did not start or stop in time',
  'oom-kill': 'the machine or the unit ran out of memory',
  signal: 'a signal ended it',
  'core-dump': 'it crashed',
};

function problemOf(facts: ReadonlyMap<string, string>): string | null {
  const result = facts.get('Result') ?? 'success';
  if (result === 'success') return null;
  const status = facts.get('ExecMainStatus');
  const what = result === 'exit-code' ? `it ended with exit code ${status}` : results[result];
  return what ?? `systemd calls it '${result}'`;
}

function startTypeOf(state: string): ServiceState['startType'] {
  if (state.startsWith('enabled')) return 'Automatic';
  return state.startsWith('masked') ? 'Disabled' : 'Manual';
}

/** What the recorder said last, newest last; nothing where there is no journal. */
async function lastWords(since: number): Promise<string> {
  const seconds = `--since=@${Math.floor(since / 1000)}`;
  const args = ['--unit', unit, '--output=cat', '--no-pager', '--lines=4', '_TRANSPORT=stdout'];
  const { code, output } = await runProgram('journalctl', [...args, seconds]);
  return code === 0 ? output.trim().replaceAll(/\s*\n\s*/g, ' ') : '';
}

export class Systemd implements ServiceManager {
  readonly name = 'systemd';

  async read(): Promise<ServiceState | null> {
    const text = await readUnit();
    if (text === null) return null;
    const command = commandOf(text);
    const facts = await show().catch(toProblem);
    if (typeof facts === 'string') {
      return { state: 'Unknown', startType: null, pid: null, problem: facts, command };
    }
    const active = facts.get('ActiveState') ?? '';
    // Between two attempts it is neither running nor given up.
    const isFailing = facts.get('SubState') === 'auto-restart';
    return {
      state: isFailing ? 'Failed' : (states[active] ?? 'Stopped'),
      startType: startTypeOf(facts.get('UnitFileState') ?? ''),
      pid: Number(facts.get('MainPID')) || null,
      problem: problemOf(facts),
      command,
    };
  }

  async planRegistration(wanted: Registration): Promise<Step[]> {
    assertNameable(wanted.installDirectory);
    const former = await readUnit();
    const text = unitText(wanted, await systemdVersion());
    const steps: Step[] = [];
    if (text !== former) {
      steps.push({
        description: `${former === null ? 'Write' : 'Replace'} the unit '${file}'`,
        do: () => this.#replace(former, text),
        undo: () => writeUnit(former),
      });
    }
    return [...steps, ...(await this.#planStartType(wanted.autoStart))];
  }

  /** What fails half-way is taken back at once. */
  async #replace(former: string | null, text: string): Promise<void> {
    try {
      await writeUnit(text);
    } catch (error) {
      await writeUnit(former).catch(() => {});
      throw error;
    }
  }

  async #planStartType(autoStart: boolean | null): Promise<Step[]> {
    const isAutomatic = (await this.read())?.startType === 'Automatic';
    if (autoStart === null || autoStart === isAutomatic) return [];
    const [verb, back] = autoStart ? ['enable', 'disable'] : ['disable', 'enable'];
    const change = async (which: string) => void (await systemctl(which, '--quiet', unit));
    return [
      {
        description: `${autoStart ? 'Start' : 'Do not start'} it at boot (systemctl ${verb})`,
        do: () => change(verb ?? ''),
        undo: () => change(back ?? ''),
      },
    ];
  }

  async planRemoval(): Promise<Step[]> {
    const former = await readUnit();
    if (former === null) return [];
    const unchanged = await this.#planStartType(false);
    const remove: Step = {
      description: `Remove the unit '${file}'`,
      do: async () => {
        await writeUnit(null);
        await runProgram('systemctl', ['reset-failed', unit]); // it is known no more, or was well
      },
      undo: () => writeUnit(former),
    };
    return [...unchanged, remove];
  }

  async start(): Promise<void> {
    const begun = Date.now();
    try {
      await systemctl('start', unit);
    } catch (error) {
      const words = await lastWords(begun);
      await runProgram('systemctl', ['stop', unit]); // or it tries again and again
      throw this.#failed(error, words);
    }
  }

  #failed(error: unknown, words: string): PortReporterError {
    const { message, hint } = reportOf(error);
    const said = words === '' ? '' : ` The recorder said: ${words}`;
    const about = { cause: error, ...(hint === null ? {} : { hint }) };
    return new PortReporterError('PR_SERVICE_FAILED', `${message}${said}`, about);
  }

  async stop(): Promise<void> {
    await systemctl('stop', unit);
  }
}
