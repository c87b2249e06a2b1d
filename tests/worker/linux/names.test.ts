// Programs under names that break what is written carelessly.

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { readArguments } from '../../../native/linux/process-files.ts';
import { Actor } from '../support/actor.ts';
import { endpointsOf, type PortEndpoint } from '../support/lines.ts';
import { Worker } from '../support/worker.ts';

interface Named {
  /** The name as printf(1) of a shell writes it. */
  readonly name: string;
  readonly shown: string;
}

const hostile: readonly Named[] = [
  { name: 'two words', shown: 'two words' },
  { name: 'new\\nline', shown: 'new\nline' },
  { name: 'quote"quote', shown: 'quote"quote' },
  { name: 'comma,semicolon;', shown: 'comma,semicolon;' },
  { name: 'escape\\033[31mred', shown: 'escape\u001b[31mred' },
  { name: 'not-\\377-utf8', shown: 'not-\\xff-utf8' },
  { name: 'more-than-fifteen-letters', shown: 'more-than-fifteen-letters' },
  { name: 'cut-inside-äöüäöü', shown: 'cut-inside-äöüäöü' },
  { name: ') S 1 2 3 (', shown: ') S 1 2 3 (' },
];

const skip =
  process.platform !== 'linux'
    ? 'these are names of Linux'
    : process.geteuid?.() !== 0 && 'the owners of all sockets need root';

describe('names of processes', { skip }, () => {
  let folder = '';
  let actor: Actor;
  let worker: Worker;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portreporter-names-'));
    actor = await Actor.start();
    worker = new Worker();
  });

  after(async () => {
    await worker.close();
    await actor.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a program through a shell, as the only holder of a socket, and gives that endpoint. */
  async function started(script: string, params: object = {}): Promise<PortEndpoint> {
    const socket = await actor.udp('127.0.0.1 0');
    const port = await actor.portOf(socket);
    const pid = await actor.share(socket, '/bin/sh', '-c', `cd '${folder}'; ${script}`);
    await actor.close(socket);
    while (readArguments(pid)?.[1] === '-c') await delay(5);
    const filter = { localPort: [`${port}`], protocol: ['udp'], localAddress: ['127.0.0.1'] };
    const endpoints = endpointsOf(await worker.request('snapshot', { filter, ...params }));
    const only = endpoints.find(({ OwningProcess }) => OwningProcess === pid);
    assert.ok(only !== undefined, JSON.stringify(endpoints));
    return only;
  }

  for (const { name, shown } of hostile) {
    it(JSON.stringify(name), async () => {
      const program = `./"$(printf '%b' '${name}')"`;
      const script = `cp /bin/sleep ${program}; exec ${program} 60`;
      const each = await started(script, { includeModules: true });
      assert.equal(each.ProcessName, shown);
      assert.equal(each.Path, `${folder}/${shown}`);
      assert.ok(each.CommandLine?.endsWith(' 60'));
      assert.ok(each.Modules?.includes(`${folder}/${shown}`), JSON.stringify(each.Modules));
    });
  }

  it('a program that was removed since it started keeps its name and path', async () => {
    const program = join(folder, 'removed');
    copyFileSync('/bin/sleep', program);
    const each = await started('exec ./removed 60');
    unlinkSync(program);
    const filter = { processId: [String(each.OwningProcess)] };
    const [after] = endpointsOf(await worker.request('snapshot', { filter }));
    assert.deepEqual([after?.ProcessName, after?.Path], ['removed', program]);
  });

  it('a script is called by its own name', async () => {
    const script = join(folder, 'a-script-with-a-long-name.sh');
    writeFileSync(script, '#!/bin/sh -e\nsleep 60\n');
    chmodSync(script, 0o755);
    const each = await started(`exec ${script}`);
    assert.equal(each.ProcessName, 'a-script-with-a-long-name.sh');
    assert.match(each.Path ?? '', /\/(ba|da)?sh$/);
  });

  it('an endpoint is found by a hostile name, written with wildcards or in full', async () => {
    const name = "it's [odd]*";
    const program = join(folder, name);
    copyFileSync('/bin/sleep', program);
    const each = await started(`exec ./"it's [odd]*" 60`);
    for (const pattern of ["it's `[odd`]`*", 'it?s*odd*', "IT'S*"]) {
      const filter = { processName: [pattern] };
      const found = endpointsOf(await worker.request('snapshot', { filter }));
      assert.deepEqual(
        found.map(({ OwningProcess }) => OwningProcess),
        [each.OwningProcess],
      );
    }
  });
});
