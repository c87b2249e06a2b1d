// The one place that chooses who reads processes on this system.

import { PortReporterError } from '../model/error.ts';
import type { ProcessReader } from './source.ts';

export async function createProcessReader(): Promise<ProcessReader> {
  if (process.platform === 'linux') return (await import('./linux.ts')).createLinuxProcesses();
  if (process.platform === 'win32') return (await import('./windows.ts')).createWindowsProcesses();
  throw new PortReporterError(
    'PR_PLATFORM_UNSUPPORTED',
    `PortReporter runs on Windows and Linux; this system is '${process.platform}'.`,
    { target: process.platform, hint: 'Run it on Windows 10 or later, or on Linux.' },
  );
}
