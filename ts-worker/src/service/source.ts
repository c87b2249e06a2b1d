// The seam between platforms: how a machine keeps programs that run with all rights. The policy (what
// an install consists of, in which order) is in install.ts and its like; who answers is chosen in
// platform.ts.

import type { Step } from './step.ts';

/** What is asked of the service manager. Programs and arguments stand apart, never in one line. */
export interface Registration {
  readonly description: string;
  /** Node, the worker, `record --settings FILE`. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Where programs and settings are. */
  readonly installDirectory: string;
  readonly logDirectory: string;
  /** Start it at boot. Null: leave it as it is; a new service is then started by hand. */
  readonly autoStart: boolean | null;
}

export interface ServiceState {
  /** Unknown: it is registered, and the manager does not answer us. */
  readonly state: 'Starting' | 'Running' | 'Stopping' | 'Stopped' | 'Failed' | 'Unknown';
  readonly startType: 'Automatic' | 'Manual' | 'Disabled' | null;
  /** Of the recorder itself where the manager knows it, else of its host; null where none runs. */
  readonly pid: number | null;
  /** What the service manager says of the last failure; null where there is none to tell. */
  readonly problem: string | null;
  /** As it was registered. A settings file or directory elsewhere is found by it. */
  readonly command: readonly string[];
}

export interface ServiceManager {
  /** For sentences: `systemd`, `the service control manager`. */
  readonly name: string;
  /** Null where the service is not registered. Needs no rights. */
  read(): Promise<ServiceState | null>;
  /** None where it is registered just so already. `undo` brings back the former registration, or
   * none. The recorder does not run meanwhile. */
  planRegistration(wanted: Registration): Promise<Step[]>;
  /** The recorder does not run meanwhile. */
  planRemoval(): Promise<Step[]>;
  /** Resolves when the recorder runs and has written PR-INITIAL. Throws PR_SERVICE_FAILED with the
   * reason, as the service manager and the recorder tell it. */
  start(): Promise<void>;
  /** Resolves when it has ended, also where it did not run. */
  stop(): Promise<void>;
}

/** Who may use a directory beside administrators (root; SYSTEM and Administrators). Programs:
 * everybody reads and runs. Logs: nobody (and the group adm of Debian). */
export type DirectoryKind = 'Programs' | 'Logs';

export interface Machine {
  readonly manager: ServiceManager;
  readonly defaultDirectory: string;
  readonly defaultLogDirectory: string;
  /** Whether we may install: root, or an elevated administrator. */
  isElevated(): boolean;
  /** The path with all its links resolved. Throws PR_PATH_UNSAFE where anybody but an administrator
   * could change the file or directory, or put another in its place; the message has the reason, the
   * hint the command that puts it right. A target need not exist yet: then its nearest directory
   * above does. */
  assertTrusted(path: string, use: 'Source' | 'Target'): Promise<string>;
  /** Makes one directory with its rights, which are read back and checked. EEXIST where anything of
   * that name is there. */
  makeDirectory(path: string, kind: DirectoryKind): Promise<void>;
  /** The rights of a directory that is there already; throws as assertTrusted. */
  assertDirectory(path: string, kind: DirectoryKind): Promise<void>;
  /** Keeps every other install and uninstall out until the function it gives is called, or this
   * process ends. Throws PR_SERVICE_BUSY where one is under way. Absent where nothing can. */
  readonly lock?: () => Promise<() => Promise<void>>;
  /** Files beside Node, the worker and koffi that this platform needs, by the name they get below
   * the release directory (`portreporter-service.exe`), with where they are in the module. */
  extraFiles(moduleDirectory: string): ReadonlyMap<string, string>;
}
