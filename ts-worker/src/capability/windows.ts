// What Windows allows: the tables of sockets in each class, and the rights that open the processes
// of other users.

import { GrowingBuffer } from '../../../native/windows/growing-buffer.ts';
import { readBoundTable, readSocketTable } from '../../../native/windows/iphlpapi.ts';
import { isElevated, takeDebugPrivilege } from '../../../native/windows/own-token.ts';
import { listProcesses } from '../../../native/windows/process-list.ts';
import { listServices } from '../../../native/windows/services.ts';
import { boundTables, type RowLayout, tables } from '../../../native/windows/socket-layout.ts';
import { type CapabilityReader, judge, type NamedTrial } from './source.ts';

/** The calls of Windows that are tried; the tests put their own in their place. */
export const windowsTrials = {
  readSocketTable: (layout: RowLayout): unknown =>
    readSocketTable(layout, new GrowingBuffer(1 << 16)),
  readBoundTable: (layout: RowLayout): unknown => readBoundTable(layout),
  isElevated,
  takeDebugPrivilege,
  listProcesses,
  listServices,
};
export type WindowsTrials = typeof windowsTrials;

function required(given: boolean, why: string): null {
  if (given) return null;
  throw new Error(why);
}

const rights = (calls: WindowsTrials): NamedTrial[] => [
  {
    name: 'Elevated',
    use: "other users' processes",
    trial: () => required(calls.isElevated(), 'PortReporter does not run as administrator'),
  },
  {
    name: 'SeDebugPrivilege',
    use: 'processes that are closed even to administrators',
    trial: () => required(calls.takeDebugPrivilege(), 'this account does not hold it'),
  },
];

function ofTable(calls: WindowsTrials, layout: RowLayout): NamedTrial {
  const source = layout.moduleInfo < 0 ? 'OwnerPid' : 'OwnerModule';
  const use = {
    OwnerModule: 'endpoints with the service that opened them',
    OwnerPid: 'endpoints with their processes',
  };
  const trial = () => {
    calls.readSocketTable(layout);
    return null;
  };
  const name = `${layout.protocol} table, ${layout.family}, ${source}`;
  return { name, use: `${source}: ${use[source]}`, trial };
}

const ofBoundTable = (calls: WindowsTrials, layout: RowLayout): NamedTrial => ({
  name: `TCP bound sockets, ${layout.family}`,
  use: 'sockets that neither listen nor are connected',
  trial: () => required(calls.readBoundTable(layout) !== null, 'this Windows does not tell them'),
});

const processes = (calls: WindowsTrials): NamedTrial[] => [
  {
    name: 'Processes',
    use: 'names and start times of processes',
    trial: () => `${calls.listProcesses().size} processes`,
  },
  {
    name: 'Services',
    use: 'services inside processes',
    trial: () => {
      const services = calls.listServices();
      if (services === null) throw new Error('the service manager does not answer');
      return `${services.length} services`;
    },
  },
];

/** There is no source of events here yet. */
const kernelEvents: NamedTrial = {
  name: 'Kernel events',
  use: 'Kernel: every change as it happens',
  trial: () => {
    throw new Error('kernel events are not built for Windows yet: Watch-PortActivity polls');
  },
};

export function createWindowsCapabilities(calls: WindowsTrials = windowsTrials): CapabilityReader {
  const trials = [
    ...rights(calls),
    ...tables.flatMap(({ ownerModule, ownerPid }) =>
      [ownerModule, ownerPid].map((layout) => ofTable(calls, layout)),
    ),
    ...boundTables.map((layout) => ofBoundTable(calls, layout)),
    ...processes(calls),
    kernelEvents,
  ];
  return { read: () => trials.map(judge) };
}
