// The recorder's settings: from the settings file (settings.json beside the installed worker), with
// what the command line says in its place. docs/recorder.md describes the file.

import { readFileSync } from 'node:fs';
import { PortReporterError } from '../model/error.ts';
import {
  type GivenSettings,
  rules,
  type SettingName,
  type Settings,
  settingNames,
} from './rules.ts';

/** All but the directory, which nobody should have to guess. */
export const defaultSettings: Omit<Settings, 'logDirectory'> = {
  maxLogSize: 5 * 2 ** 20,
  retentionDays: 30,
  maxTotalSize: 'Auto',
  moduleDetail: 'WhenChanged',
  logFormat: 'Extended',
  source: 'Auto',
};

/** What Install-PortReporter notes in the file for itself; the recorder passes over it. */
const installNote = 'install';

const isName = (name: string): name is SettingName => settingNames.some((known) => known === name);

function invalid(target: string, problem: string, hint?: string): PortReporterError {
  const about = hint === undefined ? { target } : { target, hint };
  return new PortReporterError('PR_SETTINGS_INVALID', problem, about);
}

/** `spelling`: the name as the user wrote it. */
export function parseSetting(
  settings: GivenSettings,
  name: SettingName,
  value: unknown,
  spelling: string = name,
): void {
  const { accepts, parse } = rules[name];
  const parsed = parse(value);
  if (parsed === undefined) {
    throw invalid(spelling, `${spelling} is ${accepts}; it can't be ${JSON.stringify(value)}.`);
  }
  Object.assign(settings, { [name]: parsed });
}

/** `file`: for messages. */
export function parseSettings(value: unknown, file: string): GivenSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(file, `'${file}' holds no JSON object.`);
  }
  const settings: GivenSettings = {};
  for (const [name, each] of Object.entries(value)) {
    if (name === installNote) continue;
    const known = `There are ${settingNames.join(', ')}.`;
    if (!isName(name)) throw invalid(name, `'${file}': there is no setting '${name}'.`, known);
    parseSetting(settings, name, each, `'${file}': ${name}`);
  }
  return settings;
}

export function readSettingsFile(file: string): GivenSettings {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PortReporterError(
      'PR_SETTINGS_UNREADABLE',
      `The settings can't be read: ${reason}.`,
      { target: file, hint: 'Install-PortReporter writes that file; --settings names another.' },
    );
  }
  return parseSettings(parseJson(text.replace(/^\uFEFF/, ''), file), file);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(file, `'${file}' is no JSON: ${reason}.`);
  }
}

/** The later ones go before the earlier ones. */
export function completeSettings(...given: readonly GivenSettings[]): Settings {
  const { logDirectory, ...rest }: GivenSettings = Object.assign({}, ...given);
  if (logDirectory === undefined) {
    throw invalid(
      'logDirectory',
      'Nothing says where the logs go.',
      'Give --log-directory, or logDirectory in the settings file.',
    );
  }
  return { ...defaultSettings, ...rest, logDirectory };
}
