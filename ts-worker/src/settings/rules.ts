// What each setting accepts. One table serves the settings file, the arguments of `record` and their
// help, so that they can't differ. Names are those of Install-PortReporter's parameters.

import { isAbsolute } from 'node:path';

/** Bytes, `KB`, `MB`, `GB` and `TB` as PowerShell counts them. */
const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 2 ** 10,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
};

export interface Rule<Value> {
  /** Completes "… is". */
  readonly accepts: string;
  /** What it is for, in lines of the help. */
  readonly help: string;
  /** Undefined where the value is not acceptable. */
  parse(value: unknown): Value | undefined;
}

/** The file has numbers and texts, the arguments have texts; an array is neither. */
const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

function wordOf<const Word extends string>(
  words: readonly Word[],
  value: unknown,
): Word | undefined {
  const text = textOf(value).toLowerCase();
  return words.find((word) => word.toLowerCase() === text);
}

function oneOf<Word extends string>(help: string, ...words: readonly Word[]): Rule<Word> {
  const last = words.at(-1) ?? '';
  const accepts = `${words.slice(0, -1).join(', ')} or ${last}`;
  return { accepts, help, parse: (value) => wordOf(words, value) };
}

/** A whole number of bytes; a text may have a unit behind it. */
function bytesOf(value: unknown): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?B)?\s*$/i.exec(textOf(value));
  const unit = units[match?.[2]?.toUpperCase() ?? ''];
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

const within = (value: number | undefined, least: number, most: number): number | undefined =>
  value !== undefined && value >= least && value <= most ? value : undefined;

const wholeNumber = (value: unknown): number | undefined =>
  /^\s*\d+\s*$/.test(textOf(value)) ? Number(value) : undefined;

const leastLog = 64 * 2 ** 10;
const most = 2 ** 50;

const logDirectory: Rule<string> = {
  accepts: 'an absolute path',
  help: 'where the logs go; made where it is missing',
  parse: (value) => (typeof value === 'string' && isAbsolute(value) ? value : undefined),
};

const maxLogSize: Rule<number> = {
  accepts: 'a size of at least 64KB, such as 5MB',
  help: 'PR-PORTS and PR-PIDS are followed by new ones when larger (once a minute at most)',
  parse: (value) => within(bytesOf(value), leastLog, most),
};

const retentionDays: Rule<number | 'All'> = {
  accepts: 'a whole number of days from 1 to 36500, or All',
  help: 'older logs are removed',
  parse: (value) => wordOf(['All'], value) ?? within(wholeNumber(value), 1, 36_500),
};

const maxTotalSize: Rule<number | 'Auto' | 'All'> = {
  accepts: 'a size of at least 64KB such as 4GB, Auto or All',
  help:
    'the oldest logs are removed when all are larger, or less than 15 % of the disk is free;\n' +
    'Auto: 4GB or a tenth of the disk; All: none are, even on a full disk',
  parse: (value) => wordOf(['Auto', 'All'], value) ?? within(bytesOf(value), leastLog, most),
};

export const rules = {
  logDirectory,
  maxLogSize,
  retentionDays,
  maxTotalSize,
  moduleDetail: oneOf('Always: each entry of PR-PIDS lists all modules', 'WhenChanged', 'Always'),
  logFormat: oneOf('Legacy: the columns of 2004 alone', 'Extended', 'Legacy'),
  source: oneOf('how changes are seen; Auto: the best that works', 'Auto', 'Kernel', 'Polling'),
};

type Rules = typeof rules;
export type SettingName = keyof Rules;

/** As the file and the arguments give them: any may be missing. */
export type GivenSettings = { -readonly [Name in SettingName]?: ValueOf<Name> };

type ValueOf<Name extends SettingName> = Exclude<ReturnType<Rules[Name]['parse']>, undefined>;

/** All of them. */
export type Settings = { readonly [Name in SettingName]: ValueOf<Name> };

export const settingNames = Object.keys(rules).filter((name): name is SettingName => name in rules);
