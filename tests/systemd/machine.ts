// A machine of its own to install on: systemd as the first process of new namespaces, on a disk that
// is this machine's own with every change kept in memory (disk.sh, boot.sh). It can be asked to run
// programs, to reboot, and what on its disk was changed. Nothing of it outlives close().

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { PowerShell } from '../../build/tasks/powershell.ts';
import { cgroupRoot, removeCgroup } from './cgroup.ts';
import { changesIn } from './disk-changes.ts';
import { until } from './until.ts';

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

interface ShellOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where the module is imported from. */
  readonly module?: string;
  readonly user?: number;
}

const runAs = (user: number): string[] => [
  ...['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs', '--'],
];

/** The module as it ships, where all of a Linux machine's modules may be. */
export const moduleFolder = '/usr/local/share/powershell/Modules/PortReporter';
const engineFolder = '/usr/local/lib/portreporter-engine';
const shipped = [
  ...['PortReporter.psd1', 'PortReporter.psm1', 'PortReporter.Format.ps1xml'],
  ...['PortReporter.Types.ps1xml', 'cmdlets', 'ts-worker/dist'],
  ...['node_modules/koffi', 'node_modules/@koromix'],
];

const longest = 300_000;

function childOf(pid: number): number | null {
  const children = `/proc/${pid}/task/${pid}/children`;
  return existsSync(children) ? Number(readFileSync(children, 'utf8').split(' ')[0]) || null : null;
}

export class Machine {
  readonly #root: string;
  readonly #disk: string;
  readonly #cgroup: string;
  readonly #keeper: ChildProcess;
  #powershell: PowerShell;
  #boot: ChildProcess | null = null;
  #first = 0;

  private constructor(root: string, powershell: PowerShell) {
    this.#root = root;
    this.#powershell = powershell;
    this.#disk = mkdtempSync(join(tmpdir(), 'portreporter-systemd-'));
    this.#cgroup = join(cgroupRoot(), `portreporter-test-${process.pid}`);
    const script = join(root, 'tests/systemd/disk.sh');
    const args = ['--mount', '--propagation', 'private', 'sh', script, this.#disk];
    this.#keeper = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  /** On a disk without PortReporter, but with its module. */
  static async start(): Promise<Machine> {
    const root = process.env.PORTREPORTER_ROOT ?? process.cwd();
    const powershell: PowerShell = JSON.parse(process.env.PORTREPORTER_POWERSHELL ?? '{}');
    const machine = new Machine(root, powershell);
    try {
      await machine.#ready();
      machine.#placeModule();
      await machine.boot();
      return machine;
    } catch (error) {
      await machine.close();
      throw error;
    }
  }

  async #ready(): Promise<void> {
    const said = await new Promise<string>((resolve) => {
      this.#keeper.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      this.#keeper.once('exit', (code) => resolve(`exit code ${code}`));
    });
    if (said.trim() !== 'ready') throw new Error(`The disk could not be made: ${said}`);
  }

  /** A path of the machine, as it is seen from here. */
  pathOf(path: string): string {
    return `/proc/${this.#keeper.pid}/root${this.#disk}/root${path}`;
  }

  #placeModule(): void {
    for (const part of shipped) {
      cpSync(join(this.#root, part), this.pathOf(join(moduleFolder, part)), { recursive: true });
    }
    cpSync(process.execPath, this.pathOf('/usr/local/bin/node'), { dereference: true });
    // Where any user may run it; the clone may be in somebody's home.
    const { program, args } = this.#powershell;
    if (program.startsWith(this.#root)) {
      cpSync(dirname(program), this.pathOf(engineFolder), { recursive: true });
      this.#powershell = { program: join(engineFolder, basename(program)), args };
    }
    // As root would have it, whoever made the clone.
    const places = [moduleFolder, engineFolder, '/usr/local/bin/node'].map((each) =>
      this.pathOf(each),
    );
    spawnSync('chown', ['-R', 'root:root', ...places]);
    spawnSync('chmod', ['-R', 'u=rwX,go=rX', ...places]);
  }

  async boot(): Promise<void> {
    mkdirSync(this.#cgroup, { recursive: true });
    const script = join(this.#root, 'tests/systemd/boot.sh');
    const args = ['--target', String(this.#keeper.pid), '--mount', '--wd=/'];
    // It ends with us, however we end.
    const bound = ['--pdeathsig', 'KILL', 'nsenter', ...args, 'sh', script];
    this.#boot = spawn('setpriv', [...bound, this.#disk, this.#cgroup], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const waiting = this.#boot.pid ?? 0;
    this.#first = await until('systemd as the first process', () => {
      const child = childOf(waiting);
      const isSystemd = child !== null && readFileSync(`/proc/${child}/comm`, 'utf8');
      return isSystemd === 'systemd\n' && child;
    });
    await until('systemd has booted', async () =>
      /running|degraded/.test((await this.run('systemctl', 'is-system-running')).output),
    );
  }

  /** Ends every service in order, as before a reboot. */
  async shutDown(): Promise<void> {
    await this.run('systemctl', 'poweroff');
    await this.#ended();
  }

  /** As if the plug was pulled. */
  async pullPlug(): Promise<void> {
    process.kill(this.#first, 'SIGKILL');
    await this.#ended();
  }

  async #ended(): Promise<void> {
    const boot = this.#boot;
    await until('the machine is off', () => boot?.exitCode !== null || boot.signalCode !== null);
    this.#boot = null;
  }

  #spawn(command: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const inside = ['--target', String(this.#first), '--all', '--', 'env', '--chdir=/'];
    const all = { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...env };
    return spawn('nsenter', [...inside, ...command], { env: { ...dotnet(), ...all } });
  }

  /** What a program prints, and how it ended. */
  run(...command: readonly string[]): Promise<Outcome> {
    return this.runWith({}, ...command);
  }

  runWith(env: Readonly<Record<string, string>>, ...command: readonly string[]): Promise<Outcome> {
    const child = this.#spawn(command, env);
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk;
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.stdin?.end();
    const limit = setTimeout(() => child.kill('SIGKILL'), longest);
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(limit);
        resolve({ code: code ?? 128, output });
      });
    });
  }

  /** Fails the test where the program does. */
  async must(...command: readonly string[]): Promise<string> {
    const { code, output } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${output}`);
    return output;
  }

  /** By another user than root. */
  asUser(user: number, ...command: readonly string[]): Promise<Outcome> {
    return this.run(...runAs(user), ...command);
  }

  /** A command after the module was imported; an error's id stands in front of its message. */
  powershell(command: string, options: ShellOptions = {}): Promise<Outcome> {
    const { program, args } = this.#powershell;
    const manifest = join(options.module ?? moduleFolder, 'PortReporter.psd1');
    const script =
      `try { Import-Module '${manifest}'; ${command} } ` +
      'catch { [Console]::WriteLine("$($_.FullyQualifiedErrorId): $_"); exit 1 }';
    const before = options.user === undefined ? [] : runAs(options.user);
    const shell = [...before, program, ...args, '-NonInteractive', '-Command', script];
    return this.runWith({ NO_COLOR: '1', ...options.env }, ...shell);
  }

  async mustPowershell(command: string): Promise<string> {
    const { code, output } = await this.powershell(command);
    if (code !== 0) throw new Error(`${command} failed: ${output}`);
    return output;
  }

  /** All that is on the disk and was not there at first, with a word about what it is. */
  changes(): ReadonlyMap<string, string> {
    const layer = `/proc/${this.#keeper.pid}/root${this.#disk}/changes`;
    return changesIn(layer);
  }

  async close(): Promise<void> {
    if (this.#boot !== null && this.#first > 0) await this.pullPlug();
    this.#keeper.stdin?.end();
    await until('the disk is gone', () => this.#keeper.exitCode !== null);
    removeCgroup(this.#cgroup);
    rmdirSync(this.#disk);
  }
}

/** A PowerShell that was built needs to find its .NET again. */
function dotnet(): Record<string, string> {
  const names = ['DOTNET_ROOT', 'DOTNET_SYSTEM_GLOBALIZATION_INVARIANT'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Writes a script of the test on the machine. */
export function place(machine: Machine, path: string, text: string, mode = 0o755): void {
  writeFileSync(machine.pathOf(path), text);
  chmodSync(machine.pathOf(path), mode);
}
