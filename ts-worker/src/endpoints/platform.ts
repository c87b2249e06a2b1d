// The one place that chooses who reads the tables of open sockets on this system.

import { PortReporterError } from '../model/error.ts';
import type { EndpointReader } from './source.ts';

/** `threadFile`: the bundled worker, which a thread that helps runs too; without it there is none. */
export async function createEndpointReader(
  threadFile: string | null = null,
): Promise<EndpointReader> {
  if (process.platform === 'linux') {
    const { allWays, createLinuxEndpoints } = await import('./linux.ts');
    return createLinuxEndpoints(allWays(threadFile));
  }
  if (process.platform === 'win32') return (await import('./windows.ts')).createWindowsEndpoints();
  throw new PortReporterError(
    'PR_PLATFORM_UNSUPPORTED',
    `PortReporter runs on Windows and Linux; this system is '${process.platform}'.`,
    { target: process.platform, hint: 'Run it on Windows 10 or later, or on Linux.' },
  );
}
