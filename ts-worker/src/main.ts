// The worker's door: reads its arguments and says which capability answers which request. Nobody
// imports this file.

import { isMainThread, workerData } from 'node:worker_threads';
import { version } from '../../package.json';
import { isCaptureOptions } from './activity/capture-protocol.ts';
import { createCapabilityReader } from './capability/platform.ts';
import { createEndpointReader } from './endpoints/platform.ts';
import { capabilityMethods } from './methods/capability.ts';
import { installedLogDirectory } from './methods/log-directory.ts';
import { logMethods } from './methods/logs.ts';
import { serviceMethods } from './methods/service.ts';
import { SnapshotMethods } from './methods/snapshot.ts';
import { WatchMethods } from './methods/watch.ts';
import { PortReporterError, reportOf } from './model/error.ts';
import { createProcessReader } from './processes/platform.ts';
import { makeRoomForAnswers } from './protocol/platform.ts';
import { Server } from './protocol/server.ts';
import { createMachine } from './service/platform.ts';
import { ownModule } from './service/release.ts';
import { Snapshots } from './snapshot/snapshot.ts';

const usage = `portreporter-worker ${version}

  serve       answer requests on standard input (the PowerShell module starts it so)
  record      write the logs, in the foreground; record --help tells how
  --version   print the version
  --help      print this
`;

const oldestNode = 20;

/** The module looks before it starts the worker; whoever starts a recorder by hand may have any. */
function checkNode(): void {
  if (Number.parseInt(process.version.slice(1), 10) >= oldestNode) return;
  throw new PortReporterError(
    'PR_NODE_TOO_OLD',
    `portreporter-worker needs Node ${oldestNode} or later; this is ${process.version}.`,
    { target: process.execPath, hint: 'Install a newer Node.' },
  );
}

async function serve(): Promise<void> {
  process.on('SIGINT', () => {}); // a terminal sends Ctrl+C to the shell and to us: the shell decides
  const endpoints = await createEndpointReader(__filename);
  const processes = await createProcessReader();
  const snapshots = new Snapshots(endpoints, processes);
  await makeRoomForAnswers(process.stdout.fd);
  const machine = () => createMachine(__filename);
  const server = new Server(
    {
      hello: async () => ({ version, node: process.version, pid: process.pid }),
      ...new SnapshotMethods(snapshots).methods,
      ...logMethods(() => installedLogDirectory(machine)),
      ...capabilityMethods(createCapabilityReader),
      ...new WatchMethods({ snapshots, processes, capture: { file: __filename } }).methods,
      ...serviceMethods({
        module: ownModule(__filename, Object.keys(require.cache)),
        createMachine: machine,
      }),
    },
    process.stdout,
  );
  await server.serve(process.stdin);
  endpoints.close();
}

async function main(args: readonly string[]): Promise<number> {
  const [command] = args;
  if (command === 'serve' && args.length === 1) {
    await serve();
    return 0;
  }
  if (command === 'record') {
    const { runRecord } = await import('./recorder/command.ts');
    return await runRecord(args.slice(1), version, __filename);
  }
  if (command === '--version' || command === '--help') {
    process.stdout.write(command === '--version' ? `${version}\n` : usage);
    return 0;
  }
  const unknown = args.length === 0 ? 'No command was given' : `'${args.join(' ')}' is no command`;
  process.stderr.write(`${unknown}.\n\n${usage}`);
  return 64;
}

/** This file is also what the worker's threads run. */
async function runThread(): Promise<void> {
  if (isCaptureOptions(workerData)) {
    const { runCapture } = await import('./activity/capture-thread.ts');
    await runCapture(workerData);
  } else if (workerData === 'scan') {
    const { runScans } = await import('./endpoints/linux-holder-scanner.ts');
    runScans();
  } else {
    throw new Error('a thread without a known role');
  }
}

async function runProcess(): Promise<void> {
  try {
    checkNode();
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const { code, message, hint } = reportOf(error);
    process.stderr.write(`${code}: ${message}${hint === null ? '' : ` ${hint}`}\n`);
    process.exitCode = 1;
  }
}

void (isMainThread ? runProcess() : runThread());
