import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { help, parseArguments } from '../../../ts-worker/src/recorder/arguments.ts';
import { retentionOf } from '../../../ts-worker/src/recorder/log-options.ts';
import { settingNames } from '../../../ts-worker/src/settings/rules.ts';
import {
  completeSettings,
  parseSettings,
  readSettingsFile,
} from '../../../ts-worker/src/settings/settings.ts';
import { inRepository } from '../support/repository.ts';

const directory = mkdtempSync(join(tmpdir(), 'portreporter-settings-'));
after(() => rmSync(directory, { recursive: true }));

const logDirectory = resolve('/var/log/portreporter');
const invalid = (message: string | RegExp) => ({ code: 'PR_SETTINGS_INVALID', message });

describe('settings', () => {
  it('have defaults, all but the directory', () => {
    assert.deepEqual(completeSettings({ logDirectory }), {
      logDirectory,
      maxLogSize: 5_242_880,
      retentionDays: 30,
      maxTotalSize: 'Auto',
      moduleDetail: 'WhenChanged',
      logFormat: 'Extended',
      source: 'Auto',
    });
    assert.throws(() => completeSettings({}), invalid('Nothing says where the logs go.'));
  });

  it('are taken from the last that gives them', () => {
    const settings = completeSettings({ logDirectory, retentionDays: 1 }, { retentionDays: 2 });
    assert.equal(settings.retentionDays, 2);
  });

  const accepted: readonly (readonly [string, unknown, unknown])[] = [
    ['maxLogSize', '1.5MB', 1_572_864],
    ['maxLogSize', 65_536, 65_536],
    ['maxTotalSize', ' 4 gb ', 4 * 2 ** 30],
    ['maxTotalSize', 'all', 'All'],
    ['retentionDays', 'ALL', 'All'],
    ['retentionDays', '7', 7],
    ['moduleDetail', 'always', 'Always'],
    ['logFormat', 'legacy', 'Legacy'],
    ['source', 'kernel', 'Kernel'],
  ];
  for (const [name, value, parsed] of accepted) {
    it(`${name} can be ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseSettings({ [name]: value }, 'f'), { [name]: parsed });
    });
  }

  const refused: readonly (readonly [string, unknown, string])[] = [
    ['maxLogSize', '1KB', 'a size of at least 64KB, such as 5MB'],
    ['maxLogSize', '5 parsecs', 'a size of at least 64KB, such as 5MB'],
    ['maxLogSize', null, 'a size of at least 64KB, such as 5MB'],
    ['retentionDays', 0, 'a whole number of days from 1 to 36500, or All'],
    ['retentionDays', 1.5, 'a whole number of days from 1 to 36500, or All'],
    ['maxTotalSize', -1, 'a size of at least 64KB such as 4GB, Auto or All'],
    ['source', 'constructor', 'Auto, Kernel or Polling'],
    ['moduleDetail', ['Always'], 'WhenChanged or Always'],
    ['logDirectory', 'logs', 'an absolute path'],
    ['logDirectory', 7, 'an absolute path'],
  ];
  for (const [name, value, accepts] of refused) {
    it(`${name} can't be ${JSON.stringify(value)}`, () => {
      const message = `'f': ${name} is ${accepts}; it can't be ${JSON.stringify(value)}.`;
      assert.throws(() => parseSettings({ [name]: value }, 'f'), invalid(message));
    });
  }

  it('are refused under a name that there is not', () => {
    const unknown = invalid("'f': there is no setting 'toString'.");
    assert.throws(() => parseSettings(JSON.parse('{"toString":1}'), 'f'), unknown);
    assert.throws(() => parseSettings([], 'f'), invalid("'f' holds no JSON object."));
  });

  it('come from a file, with a mark of its encoding or without', () => {
    const file = join(directory, 'settings.json');
    writeFileSync(file, '\uFEFF{"retentionDays": 3, "install": {"anything": [1]}}');
    assert.deepEqual(readSettingsFile(file), { retentionDays: 3 });
    writeFileSync(file, '{"retentionDays": 3');
    assert.throws(() => readSettingsFile(file), invalid(/^'.*settings\.json' is no JSON: /));
    const missing = { code: 'PR_SETTINGS_UNREADABLE' };
    assert.throws(() => readSettingsFile(join(directory, 'no.json')), missing);
  });

  it('are arguments, too, each of them in the help and in the documentation', () => {
    const args = ['--log-directory', 'logs', '--max-log-size', '1MB', '--settings', 'file'];
    const expected = { logDirectory: resolve('logs'), maxLogSize: 2 ** 20 };
    assert.deepEqual(parseArguments(args), { help: false, file: 'file', given: expected });
    assert.equal(parseArguments(['--help']).help, true);
    const page = readFileSync(inRepository('docs/recorder.md'), 'utf8');
    for (const name of settingNames) {
      assert.ok(page.includes(`\n| ${name} |`), name);
      const argument = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      assert.ok(help.includes(`\n  --${argument}\n`), argument);
    }
    assert.throws(() => parseArguments(['now']), { code: 'PR_USAGE' });
    const empty = invalid('--log-directory is an absolute path; it can\'t be "".');
    assert.throws(() => parseArguments(['--log-directory', '']), empty);
  });
});

describe('the retention that settings ask for', () => {
  const disk = { size: 100 * 2 ** 30, free: 0 };
  const limits = (given: object) => retentionOf(completeSettings({ logDirectory, ...given }))(disk);

  it('is that of the disk, unless it is given', () => {
    assert.deepEqual(limits({}), { days: 30, totalSize: 4 * 2 ** 30, freeShare: 0.15 });
    assert.deepEqual(limits({ maxTotalSize: 1e9 }), { days: 30, totalSize: 1e9, freeShare: 0.15 });
  });

  it('is none where All is asked for', () => {
    const all = { retentionDays: 'All', maxTotalSize: 'All' };
    assert.deepEqual(limits(all), { days: null, totalSize: null, freeShare: 0 });
    assert.equal(limits({ retentionDays: 'All' }).days, null);
    assert.equal(limits({ maxTotalSize: 'All' }).days, 30);
  });
});
