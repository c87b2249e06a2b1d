import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { inRepository } from '../support/repository.ts';

const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));

const bundle = inRepository('ts-worker/dist/portreporter-worker.cjs');

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    encoding: 'utf8',
    input: '',
  });
  return { status, stdout, stderr };
}

describe('command line', () => {
  it('--version prints the version and nothing else', () => {
    assert.deepEqual(run('--version'), { status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('--help says what there is', () => {
    const { status, stdout, stderr } = run('--help');
    assert.deepEqual([status, stderr], [0, '']);
    for (const word of [version, 'serve', '--version', '--help']) {
      assert.ok(stdout.includes(word), word);
    }
  });

  it('refuses to run in a Node that is too old', () => {
    const pretend = "Object.defineProperty(process, 'version', { value: 'v18.20.8' });";
    const started = `${pretend} process.argv.splice(1, 0, ${JSON.stringify(bundle)});`;
    const program = `${started} require(${JSON.stringify(bundle)})`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['-e', program, '--', 'record'],
      {
        encoding: 'utf8',
      },
    );
    assert.deepEqual([status, stdout], [1, '']);
    assert.equal(
      stderr,
      'PR_NODE_TOO_OLD: portreporter-worker needs Node 20 or later; this is v18.20.8. ' +
        'Install a newer Node.\n',
    );
  });

  const wrong: readonly (readonly [string[], string])[] = [
    [[], 'No command was given.'],
    [['dance'], "'dance' is no command."],
    [['serve', 'now'], "'serve now' is no command."],
    [['--Version'], "'--Version' is no command."],
  ];
  for (const [args, message] of wrong) {
    it(`refuses '${args.join(' ')}'`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.deepEqual([status, stdout], [64, '']);
      assert.equal(stderr.split('\n')[0], message);
      assert.match(stderr, /serve .*standard input/);
    });
  }
});
