// The one place that chooses who tells what this system allows.

import { PortReporterError } from '../model/error.ts';
import type { CapabilityReader } from './source.ts';

export async function createCapabilityReader(): Promise<CapabilityReader> {
  if (process.platform === 'linux') return (await import('./linux.ts')).createLinuxCapabilities();
  if (process.platform === 'win32') {
    return (await import('./windows.ts')).createWindowsCapabilities();
  }
  throw new PortReporterError(
    'PR_PLATFORM_UNSUPPORTED',
    `PortReporter runs on Windows and Linux; this system is '${process.platform}'.`,
    { target: process.platform, hint: 'Run it on Windows 10 or later, or on Linux.' },
  );
}
