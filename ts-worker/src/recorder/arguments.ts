// The arguments of `record`: each setting under its own name, and the file that has them.

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PortReporterError } from '../model/error.ts';
import { type GivenSettings, rules, type SettingName, settingNames } from '../settings/rules.ts';
import { defaultSettings, parseSetting } from '../settings/settings.ts';

export interface RecordArguments {
  readonly help: boolean;
  /** The settings file; null where none was named. */
  readonly file: string | null;
  readonly given: GivenSettings;
}

/** `logDirectory` is `--log-directory`. */
const optionOf = (name: SettingName): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const options: Record<string, { type: 'string' | 'boolean' }> = {
  help: { type: 'boolean' },
  settings: { type: 'string' },
  ...Object.fromEntries(settingNames.map((name) => [optionOf(name), { type: 'string' }])),
};

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const hint = 'portreporter-worker record --help tells what there is.';
    throw new PortReporterError('PR_USAGE', message.replace(/\.?$/, '.'), { hint });
  }
}

export function parseArguments(args: readonly string[]): RecordArguments {
  const values = parse(args);
  const given: GivenSettings = {};
  for (const name of settingNames) {
    const text = values[optionOf(name)];
    if (typeof text !== 'string') continue;
    const value = name === 'logDirectory' && text !== '' ? resolve(text) : text;
    parseSetting(given, name, value, `--${optionOf(name)}`);
  }
  const file = typeof values.settings === 'string' ? values.settings : null;
  return { help: values.help === true, file, given };
}

function settingHelp(name: SettingName): string {
  const { accepts, help } = rules[name];
  const usual = name === 'logDirectory' ? '' : ` (unless given: ${defaultSettings[name]})`;
  const lines = [`${accepts}${usual}`, ...help.split('\n')].map((line) => `      ${line}\n`);
  return `  --${optionOf(name)}\n${lines.join('')}`;
}

export const help = `portreporter-worker record --log-directory DIRECTORY

Writes who uses which port to PR-INITIAL, PR-PORTS and PR-PIDS in that directory, in the foreground,
until SIGTERM, SIGINT, SIGHUP, or the end of standard input where that is a pipe. Says what it does on
standard error; status.json in the directory says how it is.

  --settings
      a settings file (JSON); what the arguments say goes before it
${settingNames.map(settingHelp).join('')}
Exit codes: 0 stopped as asked, everything is written; 64 wrong arguments; 69 the source that was
asked for can't be used; 74 not everything could be written; 75 another recorder writes there;
77 the directory is not safe; 78 wrong settings; 1 anything else.
`;
