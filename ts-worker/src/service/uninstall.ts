// Takes the recorder off the machine: everything but its logs, and those too where that is asked
// for. Only what is ours is removed; a directory goes when nothing else is in it.

import { readdir, rm, rmdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { PortReporterError } from '../model/error.ts';
import { statusFileName } from '../settings/places.ts';
import { installDirectoryOf, settingsFileOf, settingsIn } from './layout.ts';
import { ownLogs } from './own-logs.ts';
import { exists } from './programs.ts';
import { releasesIn } from './release.ts';
import { readInstalledSettings } from './settings-file.ts';
import type { Machine, ServiceState } from './source.ts';
import { nothingToUndo, type Step } from './step.ts';

const finalStep = (description: string, work: () => Promise<void>): Step => ({
  description,
  do: work,
  undo: nothingToUndo,
  isFinal: true,
});

const isAtOrAbove = (above: string, path: string): boolean =>
  above === path || path.startsWith(above + sep);

/** A directory that others use as well stays. */
async function removeIfEmpty(path: string): Promise<void> {
  if ((await exists(path)) && (await readdir(path)).length === 0) await rmdir(path);
}

/** The deepest first. `made`: by the install, so that others are not ours to remove. */
function planEmptied(made: readonly string[]): Step[] {
  if (made.length === 0) return [];
  const deepest = [...new Set(made)].sort((a, b) => b.length - a.length);
  return [
    finalStep(
      `Remove what is empty of ${deepest.map((each) => `'${each}'`).join(', ')}`,
      async () => {
        for (const each of deepest) await removeIfEmpty(each);
      },
    ),
  ];
}

/** Programs and settings. */
export async function planUninstalledDirectory(
  directory: string,
  made: readonly string[],
): Promise<Step[]> {
  const parts = [releasesIn(directory), settingsIn(directory)];
  const there: string[] = [];
  for (const part of parts) if (await exists(part)) there.push(part);
  if (there.length === 0) return [];
  const own = made.filter((each) => isAtOrAbove(each, directory));
  return [
    finalStep(`Remove the programs and settings in '${directory}'`, async () => {
      for (const part of there) await rm(part, { recursive: true, force: true });
    }),
    ...planEmptied(own),
  ];
}

/** `made`: the directories that are ours to remove once they are empty. */
async function planLogs(
  directory: string,
  made: readonly string[],
  removeLogs: boolean,
): Promise<Step[]> {
  if (!(await exists(directory))) return [];
  const logs = removeLogs ? await ownLogs(directory) : [];
  const helpers = [statusFileName, `.${statusFileName}-next`, '.portreporter-lock'];
  const names = [...logs, ...helpers];
  const what = removeLogs ? `the ${logs.length} logs of PortReporter` : "the recorder's own files";
  return [
    finalStep(`Remove ${what} in '${directory}'`, async () => {
      for (const name of names) await rm(join(directory, name), { force: true });
    }),
    ...planEmptied(made.filter((each) => isAtOrAbove(each, directory))),
  ];
}

export function assertInstalled(state: ServiceState | null): ServiceState {
  if (state !== null) return state;
  throw new PortReporterError('PR_NOT_INSTALLED', 'PortReporter is not installed as a service.', {
    hint: 'Install it: Install-PortReporter -AutoStart',
  });
}

export async function planUninstall(machine: Machine, removeLogs: boolean): Promise<Step[]> {
  const { manager } = machine;
  const state = assertInstalled(await manager.read());
  const stop: Step = {
    description: `Stop the recorder (${manager.name})`,
    do: () => manager.stop(),
    undo: () => (state.state === 'Running' ? manager.start() : nothingToUndo()),
  };
  const settingsFile = settingsFileOf(state.command);
  const directory = installDirectoryOf(state.command);
  const file = settingsFile === null ? null : await readInstalledSettings(settingsFile);
  const made = file?.note.made ?? [];
  const logDirectory = file?.settings.logDirectory ?? machine.defaultLogDirectory;
  return [
    ...(state.state === 'Stopped' ? [] : [stop]),
    ...(await manager.planRemoval()),
    ...(directory === null ? [] : await planUninstalledDirectory(directory, made)),
    // The default one is ours by its name, also if an install before this one made it.
    ...(await planLogs(logDirectory, [...made, machine.defaultLogDirectory], removeLogs)),
  ];
}
