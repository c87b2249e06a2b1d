// Where Windows programs can be run: on Windows itself, or under Wine (wine.ts). Tests are the
// same.

import { findPowerShell } from '../../build/tasks/powershell.ts';
import { run } from '../../build/tasks/shell.ts';

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export interface Place {
  /** The folder with the module as it ships, and with its tests. */
  readonly root: string;
  /** Where bundled tests find koffi for Windows. */
  readonly bundles: string;
  readonly node: string;
  readonly powershell: string;
  readonly powershellArgs: readonly string[];
  /** More arguments for the cmdlets' test runner. */
  readonly cmdletTestArgs: readonly string[];
  /** A path as a Windows program has to be told it. */
  pathOf(path: string): string;
  run(program: string, args: readonly string[]): Promise<Outcome>;
}

export async function thisWindows(root: string): Promise<Place> {
  const { program, args } = await findPowerShell(root);
  return {
    root,
    bundles: `${root}/.cache/windows`,
    node: process.execPath,
    powershell: program,
    powershellArgs: args,
    cmdletTestArgs: [],
    pathOf: (path) => path,
    async run(name, given) {
      let output = '';
      const onOutput = (text: string): void => {
        output += text;
      };
      const env = { ...process.env, PORTREPORTER_ROOT: root };
      return { code: await run(name, given, { cwd: root, env, onOutput }), output };
    },
  };
}
