// A release: Node, the worker and koffi, in one directory of their own below the install directory,
// named after the version and what is in it. So an upgrade is never half done: the new release is
// whole before the service manager is told of it, and the old one is there until the new one runs.

import { createHash } from 'node:crypto';
import { basename, join, relative } from 'node:path';
import { version } from '../../../package.json';
import { type Copy, hashFile } from './copy.ts';

/** A file of a release by the name it gets there. */
export type ReleaseFiles = ReadonlyMap<string, string>;

const nodeName = process.platform === 'win32' ? 'node.exe' : 'node';
const workerName = 'portreporter-worker.cjs';

export interface Module {
  /** The folder of PortReporter.psd1. */
  readonly directory: string;
  readonly worker: string;
  /** koffi's files that this very process has loaded: so the copy needs no others. */
  readonly loaded: readonly string[];
}

/** The module that this process runs from: its worker is `ts-worker/dist/…` below it. */
export function ownModule(worker: string, loaded: readonly string[]): Module {
  return { directory: join(worker, '../../..'), worker, loaded };
}

const modulesMark = /^(.*[\\/]node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

/** koffi's loaded files, with the package.json that says where they are, and its license. */
function koffiFiles(loaded: readonly string[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of loaded) {
    const [, modules, name] = modulesMark.exec(file) ?? [];
    if (modules === undefined || name === undefined || !/koffi/.test(name)) continue;
    const add = (path: string) => files.set(join('node_modules', relative(modules, path)), path);
    add(file);
    add(join(modules, name, 'package.json'));
    if (name === 'koffi') add(join(modules, name, 'LICENSE.txt'));
  }
  return files;
}

export function releaseFiles(module: Module, node: string, extra: ReleaseFiles): ReleaseFiles {
  return new Map([
    [nodeName, node],
    [workerName, module.worker],
    ...koffiFiles(module.loaded),
    ...extra,
  ]);
}

export interface Release {
  /** `0.1.0-1a2b3c4d5e6f`. */
  readonly name: string;
  readonly files: ReadonlyMap<string, Copy>;
}

const isProgram = (name: string): boolean => name === nodeName || name.endsWith('.exe');

/** What others could not tell apart by its name has the same content. */
export async function describeRelease(files: ReleaseFiles): Promise<Release> {
  const whole = createHash('sha256');
  const copies = new Map<string, Copy>();
  for (const [name, source] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sha256 = await hashFile(source);
    copies.set(name, { source, sha256, isProgram: isProgram(basename(name)) });
    whole.update(`${sha256} ${name}\n`);
  }
  return { name: `${version}-${whole.digest('hex').slice(0, 12)}`, files: copies };
}

export const releasesIn = (directory: string): string => join(directory, 'releases');

export const nodeIn = (release: string): string => join(release, nodeName);

export const workerIn = (release: string): string => join(release, workerName);
