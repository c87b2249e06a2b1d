// The one place that chooses how this system is watched: the best source that works, or the one that
// was asked for.

import { PortReporterError } from '../model/error.ts';
import type { ProcessReader } from '../processes/source.ts';
import type { Snapshots } from '../snapshot/snapshot.ts';
import type { CaptureSettings } from './capture.ts';
import { type PollingHelp, PollingSource } from './polling-source.ts';
import type { ActivityListener, ActivityOptions, ActivitySource, Existing } from './source.ts';

export interface WatchTools {
  readonly snapshots: Snapshots;
  readonly processes: ProcessReader;
  readonly capture: CaptureSettings;
}

export interface StartedSource {
  readonly source: ActivitySource;
  /** What was open when it began. */
  readonly existing: readonly Existing[];
  /** Why a better one is not used; null where there is none better. */
  readonly whyNotBetter: string | null;
}

export type SourceChoice = 'Auto' | 'Kernel' | 'Polling';

async function startKernel(
  tools: WatchTools,
  options: ActivityOptions,
  listener: ActivityListener,
) {
  if (process.platform !== 'linux') {
    const reason = `kernel events are not built for '${process.platform}' yet`;
    throw new PortReporterError('PR_SOURCE_UNAVAILABLE', reason);
  }
  const { KernelSource } = await import('./kernel-source.ts');
  const source = new KernelSource(tools, options);
  return { source, existing: await source.start(listener) };
}

const noHelp: PollingHelp = { closed: null, clock: null };

async function linuxHelp(listener: ActivityListener): Promise<PollingHelp> {
  const { LinuxClosedEndpoints } = await import('./linux-closed.ts');
  const { BootClock } = await import('../time/boot-clock.ts');
  const clock = new BootClock();
  try {
    return { closed: new LinuxClosedEndpoints(), clock };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    listener.note(`The kernel does not tell of closed sockets: ${reason}.`);
    return { closed: null, clock };
  }
}

async function startPolling(
  tools: WatchTools,
  options: ActivityOptions,
  listener: ActivityListener,
) {
  const help = process.platform === 'linux' ? await linuxHelp(listener) : noHelp;
  const source = new PollingSource(tools.snapshots, tools.processes, options, help);
  try {
    return { source, existing: await source.start(listener) };
  } catch (error) {
    await source.stop();
    throw error;
  }
}

export async function startActivity(
  choice: SourceChoice,
  tools: WatchTools,
  options: ActivityOptions,
  listener: ActivityListener,
): Promise<StartedSource> {
  if (choice === 'Polling') {
    const whyNotBetter = 'polling was asked for';
    return { ...(await startPolling(tools, options, listener)), whyNotBetter };
  }
  try {
    return { ...(await startKernel(tools, options, listener)), whyNotBetter: null };
  } catch (error) {
    const unavailable =
      error instanceof PortReporterError && error.code === 'PR_SOURCE_UNAVAILABLE';
    if (!unavailable) throw error;
    const whyNotBetter = `kernel events can't be used: ${error.message}`;
    if (choice === 'Kernel') {
      const message = `Nothing else was asked for, and ${whyNotBetter}.`;
      const hint = 'Run it with more rights, or ask for Auto, which is the best that works.';
      throw new PortReporterError('PR_SOURCE_UNAVAILABLE', message, { hint, cause: error });
    }
    return { ...(await startPolling(tools, options, listener)), whyNotBetter };
  }
}
