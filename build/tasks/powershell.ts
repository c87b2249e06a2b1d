// Which PowerShell runs the cmdlets: pwsh where it is on PATH, else the engine host of
// tests/engine, built on first use with the .NET SDK.

import { join } from 'node:path';
import { findOnPath, isStale, run, say } from './shell.ts';

export interface PowerShell {
  readonly program: string;
  /** What stands before -Command or -File. */
  readonly args: readonly string[];
}

export async function findPowerShell(root: string): Promise<PowerShell> {
  const pwsh = findOnPath('pwsh');
  if (pwsh !== null) {
    say(`Using PowerShell at ${pwsh}.`);
    return { program: pwsh, args: ['-NoProfile'] };
  }
  return { program: await buildEngine(root), args: ['-NoProfile'] };
}

async function buildEngine(root: string): Promise<string> {
  const folder = join(root, 'tests/engine');
  const name = process.platform === 'win32' ? 'portreporter-engine.exe' : 'portreporter-engine';
  const engine = join(folder, 'bin/publish', name);
  if (!isStale(engine, [folder])) return engine;
  const dotnet = findOnPath('dotnet');
  if (dotnet === null) {
    throw new Error(
      'PowerShell is needed: neither pwsh nor the .NET SDK (dotnet) is on PATH. Install one: ' +
        'PowerShell 7.4 or later, or the .NET SDK 10, with which the PowerShell engine is built.',
    );
  }
  say(
    'No pwsh on PATH: building the PowerShell engine host (about half a minute, the first time only)…',
  );
  const env = { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' };
  const args = ['publish', folder, '-c', 'Release', '-v', 'quiet', '-clp:NoSummary'];
  if ((await run(dotnet, args, { cwd: root, env })) !== 0) {
    throw new Error('The engine host did not build: see the messages of dotnet above.');
  }
  return engine;
}
