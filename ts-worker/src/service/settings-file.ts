// The settings file of an installed recorder: its settings, and what the install notes for itself.

import { readFile } from 'node:fs/promises';
import type { GivenSettings } from '../settings/rules.ts';
import { parseSettings } from '../settings/settings.ts';

/** A source that -Force accepted although others could have changed it. */
export interface Accepted {
  readonly path: string;
  readonly sha256: string;
  readonly reason: string;
}

export interface InstallNote {
  readonly accepted: readonly Accepted[];
  /** Directories that the install made: an uninstall removes them where nothing else is in them. */
  readonly made: readonly string[];
}

export interface SettingsFile {
  readonly text: string;
  readonly settings: GivenSettings;
  readonly note: InstallNote;
}

function noteOf(value: unknown): InstallNote {
  const file = value as { install?: Partial<InstallNote> };
  return { accepted: file.install?.accepted ?? [], made: file.install?.made ?? [] };
}

/** Null where there is none. */
export async function readInstalledSettings(file: string): Promise<SettingsFile | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const settings = parseSettings(JSON.parse(text), file);
  return { text, settings, note: noteOf(JSON.parse(text)) };
}

export const settingsText = (settings: GivenSettings, install: InstallNote): string =>
  `${JSON.stringify({ ...settings, install }, null, 2)}\n`;
