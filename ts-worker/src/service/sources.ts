// What a release is made of, checked: nobody but an administrator could have changed it, or it was
// accepted knowingly (-Force), which is noted with what it was.

import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { PortReporterError } from '../model/error.ts';
import { describeRelease, type Module, type Release, releaseFiles } from './release.ts';
import type { Accepted } from './settings-file.ts';
import type { Machine } from './source.ts';

export interface SourceRequest {
  /** Null: the Node that runs this worker. */
  readonly nodePath: string | null;
  readonly force: boolean;
}

export interface Sources {
  readonly release: Release;
  readonly accepted: readonly Accepted[];
}

const oldestNode = 20;

/** What `node --version` says; the program has been checked or accepted. */
async function assertNode(path: string): Promise<void> {
  const said = await new Promise<string>((resolve) => {
    execFile(path, ['--version'], { timeout: 30_000 }, (error, output) =>
      resolve(error === null ? output.trim() : error.message),
    );
  });
  const version = Number(/^v(\d+)\./.exec(said)?.[1] ?? 0);
  if (version >= oldestNode) return;
  const problem = version > 0 ? `is Node ${said}, which is too old` : `does not run: ${said}`;
  throw new PortReporterError('PR_PATH_UNSAFE', `'${path}' ${problem}.`, {
    target: path,
    hint: `Give -NodePath the path of Node ${oldestNode} or later.`,
  });
}

type Reasons = ReadonlyMap<string, string>;

/** Checks one path. Where it fails and may be accepted it gives the reason. */
class Checker {
  readonly #machine: Machine;
  /** Why each unsafe path is unsafe. */
  readonly unsafe = new Map<string, string>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** The resolved path. */
  async check(path: string, mayAccept: boolean): Promise<string> {
    try {
      return await this.#machine.assertTrusted(path, 'Source');
    } catch (error) {
      const isUnsafe = error instanceof PortReporterError && error.code === 'PR_PATH_UNSAFE';
      if (!isUnsafe || !mayAccept) throw error;
      const resolved = await realpath(path);
      this.unsafe.set(resolved, error.message);
      return resolved;
    }
  }
}

function acceptedOf({ files }: Release, unsafe: Reasons): Accepted[] {
  return [...files.values()].flatMap(({ source, sha256 }) => {
    const reason = unsafe.get(source);
    return reason === undefined ? [] : [{ path: source, sha256, reason }];
  });
}

export async function collectSources(
  machine: Machine,
  module: Module,
  { nodePath, force }: SourceRequest,
): Promise<Sources> {
  const checker = new Checker(machine);
  // The Node that happened to be on PATH is never accepted: only one that was named.
  const node = await checker.check(nodePath ?? process.execPath, force && nodePath !== null);
  if (nodePath !== null) await assertNode(node);
  await checker.check(module.directory, force);
  const extra = machine.extraFiles(module.directory);
  const resolved = new Map<string, string>();
  for (const [name, path] of releaseFiles(module, node, extra)) {
    resolved.set(name, path === node ? node : await checker.check(path, force));
  }
  const release = await describeRelease(resolved);
  return { release, accepted: acceptedOf(release, checker.unsafe) };
}
