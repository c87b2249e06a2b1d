// The service host with children that behave badly.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { serviceHost } from '../../../build/tasks/service-host.ts';
import { nodeProgram, stopWine, wineFolders } from '../wine.ts';
import { Machine, until } from './machine.ts';

const root = process.env.PORTREPORTER_ROOT ?? '.';
const folders = wineFolders(root);
const directory = 'C:\\Program Files\\Host Test';
const ready = `require('fs').writeSync(1, 'READY=1\\n');`;
const wait = 'setInterval(() => {}, 1000)';
const children: Readonly<Record<string, string>> = {
  deaf: `${ready} ${wait}`,
  hung: `${ready} ${wait}`,
  failing: `console.error('no such thing'); process.exitCode = 77;`,
  brief: `${ready} setTimeout(() => process.exit(3), 300)`,
  asked: `
    process.stdin.on('end', () => process.exit()).resume();
    console.error(JSON.stringify([process.argv.slice(2), process.env.NODE_OPTIONS ?? null]));
    ${ready}`,
};
let machine: Machine;

before(async () => {
  stopWine(folders.prefix);
  const node = `${directory}\\node.exe`;
  machine = new Machine(folders, { module: '', node });
  const place = machine.pathOf(directory);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  cpSync(join(root, serviceHost), join(place, 'portreporter-service.exe'));
  cpSync(nodeProgram(folders), join(place, 'node.exe'));
  process.env.NODE_OPTIONS = '--no-warnings'; // a variable of the whole machine
  await machine.boot();
  for (const [name, script] of Object.entries(children)) {
    writeFileSync(join(place, `${name}.cjs`), script);
    const [host, file] = ['portreporter-service.exe', `${name}.cjs`].map((each) =>
      join(directory, each).replaceAll('/', '\\'),
    );
    const path = `"${host}" "${node}" "${file}" "a b" "" "c\\\\"`;
    await machine.run('sc', 'create', `Test-${name}`, 'binPath=', path);
  }
});

after(async () => {
  for (const name of Object.keys(children)) await machine.run('sc', 'delete', `Test-${name}`);
  machine.powerOff();
  rmSync(machine.pathOf(directory), { recursive: true, force: true });
});

const query = (name: string): Promise<string> => machine.run('sc', 'query', `Test-${name}`);

const hasState = (name: string, state: string) =>
  until(`${name} is ${state}`, async () => (await query(name)).includes(state));

let hungSince = 0;

test('services start', async () => {
  hungSince = Date.now();
  await machine.run('sc', 'start', 'Test-hung');
  await hasState('hung', 'RUNNING');
});

test('arguments reach the child as they are, without the variables of Node', async () => {
  await machine.run('sc', 'start', 'Test-asked');
  await hasState('asked', 'RUNNING');
  await until('it has spoken', () => machine.events.includes('[[\\"a b\\",\\"\\",\\"c'));
  assert.match(machine.events, /\[\[\\"a b\\",\\"\\",\\"c\\\\+\\"\],null\]/);
  await machine.run('sc', 'stop', 'Test-asked');
  await hasState('asked', 'STOPPED');
});

test('a child that ends before it is ready fails the start, with its exit code', async () => {
  await machine.run('sc', 'start', 'Test-failing');
  await hasState('failing', 'STOPPED');
  const said = await query('failing');
  assert.match(said, /WIN32_EXIT_CODE +: 1066/);
  assert.match(said, /SERVICE_EXIT_CODE +: 77/);
  const failed = /err L"\d+"\n.*err L"77"\n.*err L"no such thing"/;
  await until('it is told', () => failed.test(machine.events));
});

test('a child that keeps ending is started again, later each time', async () => {
  await machine.run('sc', 'start', 'Test-brief');
  const pause = (seconds: number) => new RegExp(`err L"3"\\n.*err L"${seconds}"\\n`);
  for (const seconds of [1, 2, 4]) {
    await until(`it waits ${seconds} s`, () => pause(seconds).test(machine.events));
  }
  assert.match(await query('brief'), /RUNNING/);
  await machine.run('sc', 'stop', 'Test-brief');
  await hasState('brief', 'STOPPED');
});

test('a child that does not stop is ended, and the event log says so', async () => {
  await machine.run('sc', 'start', 'Test-deaf');
  await hasState('deaf', 'RUNNING');
  await machine.run('sc', 'stop', 'Test-deaf');
  await hasState('deaf', 'STOPPED');
  await until('it is told', () => /warn L"\d+"\n.*warn L"20"/.test(machine.events));
});

test('a child that gives no sign of life for a minute is ended and started again', async () => {
  const hung = /err L"\d+"\n.*err L"60"\n.*err L"(\d+)"\n.*err L"1067"\n.*err L"1"/;
  await until('it is ended', () => hung.test(machine.events));
  assert.ok(Date.now() - hungSince > 55_000);
  await machine.run('sc', 'stop', 'Test-hung');
});
