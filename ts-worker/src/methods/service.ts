// What answers Install-, Uninstall-, Start-, Stop- and Get-PortReporter.

import { PortReporterError, reportOf } from '../model/error.ts';
import type { Answer } from '../protocol/answer.ts';
import { flag, isRecord, type Parameters, text } from '../protocol/parameters.ts';
import type { Method } from '../protocol/server.ts';
import { type Health, readHealth } from '../service/health.ts';
import { type InstallRequest, type Plan, planInstall } from '../service/install.ts';
import type { Module } from '../service/release.ts';
import type { Machine } from '../service/source.ts';
import { runSteps } from '../service/step.ts';
import { assertInstalled, planUninstall } from '../service/uninstall.ts';
import { type GivenSettings, settingNames } from '../settings/rules.ts';
import { parseSetting } from '../settings/settings.ts';
import { toIso } from '../time/iso.ts';

export interface ServiceTools {
  readonly module: Module;
  readonly createMachine: () => Promise<Machine>;
}

function assertElevated(machine: Machine): void {
  if (machine.isElevated()) return;
  throw new PortReporterError('PR_NOT_ELEVATED', 'This needs the rights of an administrator.', {
    hint:
      process.platform === 'win32'
        ? 'Run it in an elevated shell (Run as administrator).'
        : 'Run it in a root shell: sudo pwsh',
  });
}

/** `-MaxLogSize`, as the user wrote it. */
const parameterOf = (name: string): string => `-${name[0]?.toUpperCase()}${name.slice(1)}`;

function settingsOf(parameters: Parameters): GivenSettings {
  const given = isRecord(parameters.settings) ? parameters.settings : {};
  const settings: GivenSettings = {};
  for (const name of settingNames) {
    if (given[name] !== undefined) parseSetting(settings, name, given[name], parameterOf(name));
  }
  return settings;
}

const toRequest = (parameters: Parameters): InstallRequest => ({
  directory: text(parameters, 'path'),
  nodePath: text(parameters, 'nodePath'),
  force: flag(parameters, 'force'),
  autoStart: parameters.autoStart === undefined ? null : flag(parameters, 'autoStart'),
  settings: settingsOf(parameters),
});

/** A plan is told or done: `whatIf` lists its steps and runs none. */
async function carryOut(plan: Plan, parameters: Parameters, answer: Answer): Promise<object> {
  for (const warning of plan.warnings) {
    await answer.warn('PR_PATH_UNSAFE', warning, 'Give Node and the module to administrators.');
  }
  const steps = plan.steps.map(({ description }) => description);
  if (steps.length === 0) await answer.verbose('Nothing is to be done: all is as it should be.');
  if (flag(parameters, 'whatIf')) await answer.send({ steps });
  else await runSteps(plan.steps, ({ description }) => answer.verbose(`${description}.`));
  return { rows: steps.length };
}

const iso = (moment: string | undefined): string | null =>
  moment === undefined ? null : toIso(Date.parse(moment));

function toObject({ service, status, ...health }: Health): object {
  return {
    Installed: service !== null,
    State: service?.state ?? 'NotInstalled',
    StartType: service?.startType ?? null,
    Problem: health.problem,
    ProcessId: service?.pid ?? null,
    Since: service?.pid == null ? null : iso(status?.since),
    Source: status?.source ?? null,
    WhyNotBetter: status?.whyNotBetter ?? null,
    LogDirectory: health.logDirectory,
    Files: status?.files ?? null,
    Records: status?.records ?? null,
    Gaps: status?.gaps ?? null,
    Missed: status?.missed ?? null,
    Endpoints: status?.endpoints ?? null,
    LastHeartbeat: iso(status?.updated),
    WorkerVersion: status?.version ?? null,
    NodeVersion: status?.node ?? null,
    InstallPath: health.directory,
    SettingsFile: health.settingsFile,
  };
}

/** Where nothing keeps services there is none, which is no error of who asks. */
async function readHealthHere({ createMachine }: ServiceTools): Promise<object> {
  try {
    return toObject(await readHealth(await createMachine()));
  } catch (error) {
    const { code, message, hint } = reportOf(error);
    if (code !== 'PR_SERVICE_UNSUPPORTED') throw error;
    return { Installed: false, State: 'NotInstalled', Problem: `${message} ${hint ?? ''}` };
  }
}

type Change = (machine: Machine, parameters: Parameters, answer: Answer) => Promise<object>;

const changes = (module: Module): Readonly<Record<string, Change>> => ({
  'service.install': async (machine, parameters, answer) =>
    await carryOut(await planInstall(machine, module, toRequest(parameters)), parameters, answer),
  'service.uninstall': async (machine, parameters, answer) => {
    const steps = await planUninstall(machine, flag(parameters, 'removeLogs'));
    return await carryOut({ steps, warnings: [] }, parameters, answer);
  },
  'service.start': async ({ manager }) => {
    assertInstalled(await manager.read());
    await manager.start();
    return {};
  },
  'service.stop': async ({ manager }) => {
    assertInstalled(await manager.read());
    await manager.stop();
    return {};
  },
});

/** One at a time on this machine, and only by an administrator. */
const guarded =
  (tools: ServiceTools, change: Change): Method =>
  async (parameters, answer) => {
    const machine = await tools.createMachine();
    assertElevated(machine);
    const release = await machine.lock?.();
    try {
      return await change(machine, parameters, answer);
    } finally {
      await release?.();
    }
  };

export function serviceMethods(tools: ServiceTools): Readonly<Record<string, Method>> {
  const all = Object.entries(changes(tools.module));
  return {
    ...Object.fromEntries(all.map(([name, change]) => [name, guarded(tools, change)])),
    'service.health': async (_, answer) => {
      await answer.send({ health: await readHealthHere(tools) });
      return { rows: 1 };
    },
  };
}
