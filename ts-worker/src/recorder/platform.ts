// The one place that chooses what a recorder needs of this system.

import type { LogDirectory } from '../logs/write/directory.ts';
import { PortReporterError } from '../model/error.ts';
import { type ClockWatch, WallWatch } from './clock-watch.ts';

/** `path` is made where it is missing; what leads to it must be there. */
export async function openLogDirectory(path: string): Promise<LogDirectory> {
  if (process.platform === 'linux') {
    const { LinuxLogDirectory } = await import('../logs/write/linux-directory.ts');
    return new LinuxLogDirectory(path);
  }
  if (process.platform === 'win32') {
    const { WindowsLogDirectory } = await import('../logs/write/windows-directory.ts');
    return new WindowsLogDirectory(path);
  }
  throw new PortReporterError(
    'PR_PLATFORM_UNSUPPORTED',
    `The recorder can't keep logs on '${process.platform}'.`,
    { target: process.platform },
  );
}

/** Who notices that the clock was set. */
export async function watchClock(): Promise<ClockWatch> {
  if (process.platform !== 'linux') return new WallWatch();
  const { BootClock } = await import('../time/boot-clock.ts');
  return new BootClock();
}
