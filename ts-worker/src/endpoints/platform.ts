// The one place that chooses who reads the tables of open sockets on this system.

import { PortReporterError } from '../model/error.ts';
import type { EndpointReader } from './source.ts';

export async function createEndpointReader(): Promise<EndpointReader> {
  if (process.platform === 'linux') return (await import('./linux.ts')).createLinuxEndpoints();
  if (process.platform === 'win32') return (await import('./windows.ts')).createWindowsEndpoints();
  throw new PortReporterError(
    'PR_PLATFORM_UNSUPPORTED',
    `PortReporter runs on Windows and Linux; this system is '${process.platform}'.`,
    { target: process.platform, hint: 'Run it on Windows 10 or later, or on Linux.' },
  );
}
