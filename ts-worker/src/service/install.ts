// What an install consists of, in which order, and what of it is to be done: what is as it should be
// already is no step, so a second install does nothing. An upgrade is the same: a new release beside
// the old one, the recorder stopped for as long as it takes to name the new one to the service
// manager, and the old release removed when the new one runs.

import { isAbsolute, join, resolve } from 'node:path';
import { PortReporterError } from '../model/error.ts';
import type { GivenSettings } from '../settings/rules.ts';
import { installDirectoryOf, recorderCommand, settingsFileOf, settingsIn } from './layout.ts';
import { planCleaning, planDirectory, planRelease } from './programs.ts';
import { type Module, releasesIn } from './release.ts';
import { replaceFile } from './replace-file.ts';
import {
  type InstallNote,
  readInstalledSettings,
  type SettingsFile,
  settingsText,
} from './settings-file.ts';
import type { Machine, ServiceState } from './source.ts';
import { collectSources, type SourceRequest, type Sources } from './sources.ts';
import { nothingToUndo, type Step } from './step.ts';
import { planUninstalledDirectory } from './uninstall.ts';

export interface InstallRequest extends SourceRequest {
  /** Null: where it is installed already, else the default. */
  readonly directory: string | null;
  /** What was given; the rest stays as it is. */
  readonly settings: GivenSettings;
  readonly autoStart: boolean | null;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** What was accepted though it is not safe, for a warning. */
  readonly warnings: readonly string[];
}

export const description = 'PortReporter: records which process uses which port';

/** What there is now. */
interface Present {
  readonly state: ServiceState | null;
  readonly directory: string | null;
  readonly file: SettingsFile | null;
}

async function lookAt(machine: Machine): Promise<Present> {
  const state = await machine.manager.read();
  const file = state === null ? null : settingsFileOf(state.command);
  return {
    state,
    directory: state === null ? null : installDirectoryOf(state.command),
    file: file === null ? null : await readInstalledSettings(file),
  };
}

function absolute(path: string, parameter: string): string {
  if (isAbsolute(path)) return resolve(path);
  const message = `-${parameter} is an absolute path; it can't be '${path}'.`;
  throw new PortReporterError('PR_SETTINGS_INVALID', message, { target: path });
}

interface Places {
  readonly directory: string;
  readonly logDirectory: string;
}

async function findPlaces(
  machine: Machine,
  request: InstallRequest,
  present: Present,
): Promise<Places> {
  const directory = request.directory ?? present.directory ?? machine.defaultDirectory;
  const logs = request.settings.logDirectory ?? present.file?.settings.logDirectory;
  const places = {
    directory: await machine.assertTrusted(absolute(directory, 'Path'), 'Target'),
    logDirectory: await machine.assertTrusted(
      absolute(logs ?? machine.defaultLogDirectory, 'LogDirectory'),
      'Target',
    ),
  };
  if (places.directory !== places.logDirectory) return places;
  const message = `Programs and logs can't share '${places.directory}'.`;
  throw new PortReporterError('PR_SETTINGS_INVALID', message, {
    target: places.directory,
    hint: 'Give -Path and -LogDirectory two directories: programs are for all to read, logs not.',
  });
}

/** The recorder does not run while its settings and its registration change. */
function aroundChanges(machine: Machine, present: Present, changes: readonly Step[]): Step[] {
  const { manager } = machine;
  const { state } = present;
  const runs = state !== null && state.state !== 'Stopped';
  if (!runs || changes.length === 0) return [...changes];
  const stop: Step = {
    description: `Stop the recorder (${manager.name})`,
    do: () => manager.stop(),
    // One that failed before fails again, which is no trouble of the way back.
    undo: () => (state.state === 'Failed' ? nothingToUndo() : manager.start()),
  };
  return [stop, ...changes];
}

function planStart(machine: Machine, present: Present, changes: number, now: boolean): Step[] {
  const { manager } = machine;
  const was = present.state?.state ?? 'Stopped';
  const isStopped = was === 'Stopped' || was === 'Failed';
  const starts = isStopped ? now || was === 'Failed' : changes > 0;
  if (!starts) return [];
  return [
    {
      description: `Start the recorder and wait for PR-INITIAL (${manager.name})`,
      do: () => manager.start(),
      undo: () => manager.stop(),
    },
  ];
}

/** A file of that name that is none of ours is refused: it can't be read as settings. */
async function planSettings(directory: string, text: string): Promise<Step[]> {
  const former = (await readInstalledSettings(settingsIn(directory)))?.text ?? null;
  if (text === former) return [];
  const file = settingsIn(directory);
  return [
    {
      description: `Write the settings '${file}'`,
      do: () => replaceFile(file, text),
      undo: () => replaceFile(file, former),
    },
  ];
}

const warningsOf = ({ accepted }: Sources): string[] =>
  accepted.map(
    ({ reason, sha256 }) => `${reason} It was accepted (-Force); its SHA-256 is ${sha256}.`,
  );

/** The directories that are to be there, and which of them the install makes. */
async function planDirectories(machine: Machine, { directory, logDirectory }: Places) {
  const programs = await planDirectory(machine, releasesIn(directory), 'Programs');
  const logs = await planDirectory(machine, logDirectory, 'Logs');
  const own = new Set(programs.made);
  const made = [...programs.made, ...logs.made.filter((each) => !own.has(each))];
  return { steps: [...programs.steps, ...logs.steps], made };
}

const union = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];

export async function planInstall(
  machine: Machine,
  module: Module,
  request: InstallRequest,
): Promise<Plan> {
  const present = await lookAt(machine);
  const sources = await collectSources(machine, module, request);
  const places = await findPlaces(machine, request, present);
  const { directory, logDirectory } = places;
  const release = join(releasesIn(directory), sources.release.name);
  const directories = await planDirectories(machine, places);
  const note: InstallNote = {
    accepted: sources.accepted,
    made: union(present.file?.note.made ?? [], directories.made),
  };
  const settings = { ...present.file?.settings, ...request.settings, logDirectory };
  const registration = {
    description,
    command: recorderCommand(directory, release),
    installDirectory: directory,
    logDirectory,
    autoStart: request.autoStart,
  };
  const copies = await planRelease(sources.release, release);
  const changes = aroundChanges(machine, present, [
    ...(await planSettings(directory, settingsText(settings, note))),
    ...(await machine.manager.planRegistration(registration)),
  ]);
  const hasMoved = present.directory !== null && present.directory !== directory;
  return {
    warnings: warningsOf(sources),
    steps: [
      ...directories.steps,
      ...copies,
      ...changes,
      ...planStart(machine, present, changes.length, request.autoStart === true),
      ...(await planCleaning(directory, release)),
      ...(hasMoved ? await planUninstalledDirectory(present.directory, note.made) : []),
    ],
  };
}
