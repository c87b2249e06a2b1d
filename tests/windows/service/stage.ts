// The module, Node and koffi below C:\Program Files of the prefix, as an administrator would put
// them.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { workerBuild } from '../../../build/tasks/build-worker.ts';
import { serviceHost } from '../../../build/tasks/service-host.ts';
import { nodeProgram, type WineFolders } from '../wine.ts';
import { wineUser } from './wine-user.ts';

export interface Staged {
  /** As Windows names them. */
  readonly module: string;
  readonly node: string;
}

/** What Wine can't do is done by others in their place; each says what. */
const standIns: Readonly<Record<string, string>> = {
  'file-security.ts': 'wine-accounts.ts',
  'service-control.ts': 'wine-service-control.ts',
};

const wineStandIns = (root: string): Plugin => ({
  name: 'wine-stand-ins',
  setup({ onResolve }) {
    onResolve({ filter: /\/(file-security|service-control)\.ts$/ }, ({ path, importer }) => {
      const standIn = standIns[basename(path)] ?? '';
      const file = join(root, 'tests/windows/service', standIn);
      return importer === file ? null : { path: file };
    });
  },
});

/** The cmdlet looks before the worker does: Wine's one user counts as Administrators here, too. */
function trustWineUser(module: string): void {
  const file = join(module, 'cmdlets/private/WindowsTrust.ps1');
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(`'S-1-5-32-544'`, `'S-1-5-32-544', '${wineUser}'`);
  if (changed === text) throw new Error(`${file} is not as it was`);
  writeFileSync(file, changed);
}

export async function stage(root: string, folders: WineFolders): Promise<Staged> {
  const programs = join(folders.prefix, 'drive_c/Program Files');
  const [module, node] = ['PowerShell Modules/PortReporter', 'nodejs'].map((each) =>
    join(programs, each),
  ) as [string, string];
  for (const each of [module, node]) rmSync(each, { recursive: true, force: true });
  const files = ['PortReporter.psd1', 'PortReporter.psm1', 'cmdlets', 'package.json', serviceHost];
  const views = ['PortReporter.Format.ps1xml', 'PortReporter.Types.ps1xml'];
  for (const each of [...files, ...views]) {
    cpSync(join(root, each), join(module, each), { recursive: true });
  }
  for (const each of ['koffi', '@koromix']) {
    const from = join(folders.packages, 'node_modules', each);
    cpSync(from, join(module, 'node_modules', each), { recursive: true });
  }
  trustWineUser(module);
  mkdirSync(node, { recursive: true });
  cpSync(nodeProgram(folders), join(node, 'node.exe'));
  const worker = join(module, 'ts-worker/dist/portreporter-worker.cjs');
  await build({ ...workerBuild(root, worker), plugins: [wineStandIns(root)], sourcemap: false });
  const programFiles = 'C:\\Program Files';
  return {
    module: `${programFiles}\\PowerShell Modules\\PortReporter\\PortReporter.psd1`,
    node: `${programFiles}\\nodejs\\node.exe`,
  };
}
