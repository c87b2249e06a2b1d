// systemd's own programs, by their full path and with an environment of their own: nothing that is
// on somebody's PATH, no pager, no colours, no other language.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PortReporterError } from '../model/error.ts';

const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C.UTF-8',
  SYSTEMD_COLORS: '0',
  SYSTEMD_PAGER: '',
};

/** A start may wait for PR-INITIAL; the unit itself gives up after two minutes. */
const longest = 180_000;

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export function runProgram(name: string, args: readonly string[]): Promise<Outcome> {
  const program = [`/usr/bin/${name}`, `/bin/${name}`].find((path) => existsSync(path)) ?? name;
  const options = { env: environment, timeout: longest, maxBuffer: 1 << 22, cwd: '/' };
  return new Promise((resolve) => {
    execFile(program, [...args], options, (error, output, errors) => {
      const failed = typeof error?.code === 'number' ? error.code : 1;
      const said = errors || (error === null ? '' : error.message);
      resolve({ code: error === null ? 0 : failed, output, errors: said });
    });
  });
}

/** What it prints. An error with what it says where it fails. */
export async function systemctl(...args: readonly string[]): Promise<string> {
  const { code, output, errors } = await runProgram('systemctl', args);
  if (code === 0) return output;
  const said = errors.trim().replaceAll(/\s*\n\s*/g, ' ');
  const message = `systemctl ${args.join(' ')} failed: ${said || `exit code ${code}`}`;
  throw new PortReporterError('PR_SERVICE_FAILED', message, {
    hint: 'See: systemctl status portreporter; journalctl -u portreporter',
  });
}
