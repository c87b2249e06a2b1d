// The settings file of an installed recorder: its settings, and what the install notes for itself.

import { readFile } from 'node:fs/promises';
import { PortReporterError } from '../model/error.ts';
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
  const value = parseJson(text, file);
  return { text, settings: parseSettings(value, file), note: noteOf(value) };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `'${file}' is no JSON.`;
    const hint = 'Remove it, or put it right; installing again writes it anew.';
    throw new PortReporterError('PR_SETTINGS_INVALID', message, { target: file, hint, cause });
  }
}

export const settingsText = (settings: GivenSettings, install: InstallNote): string =>
  `${JSON.stringify({ ...settings, install }, null, 2)}\n`;
