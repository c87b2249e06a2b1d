// What befalls a recorder: it is killed, it hangs, the machine reboots, the plug is pulled.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Machine, place } from './machine.ts';
import { Recorder } from './recorder.ts';
import { until } from './until.ts';

let machine: Machine;
let recorder: Recorder;

before(async () => {
  machine = await Machine.start();
  recorder = new Recorder(machine);
  await machine.mustPowershell('Install-PortReporter -AutoStart');
});

after(() => machine.close());

test('a recorder that was killed is back, and its log says so', async () => {
  const [pid, notes] = [await recorder.mainPid(), recorder.timesSaid('Interrupted')];
  await machine.must('kill', '-9', String(pid));
  await recorder.backAfter(pid);
  await until('the note', () => recorder.timesSaid('Interrupted') === notes + 1);
});

test('a recorder that hangs is ended and started anew', async () => {
  const folder = '/etc/systemd/system/portreporter.service.d';
  await machine.must('mkdir', folder);
  place(machine, `${folder}/soon.conf`, '[Service]\nWatchdogSec=5\nTimeoutAbortSec=2\n', 0o644);
  await machine.must('systemctl', 'daemon-reload');
  await machine.mustPowershell('Stop-PortReporter; Start-PortReporter');
  const pid = await recorder.mainPid();
  await machine.must('kill', '-STOP', String(pid));
  await recorder.backAfter(pid);
  const journal = await machine.must('journalctl', '--unit=portreporter', '--no-pager');
  assert.match(journal, /Watchdog timeout/);
  await machine.must('rm', '-r', folder);
  await machine.must('systemctl', 'daemon-reload');
});

test('after a reboot it runs again', async () => {
  const ends = recorder.timesSaid('End N');
  await machine.shutDown();
  await machine.boot();
  await until('it runs', async () => (await recorder.show('ActiveState')) === 'active');
  assert.equal(recorder.timesSaid('End N'), ends + 1, 'ended in order');
});

test('after the plug was pulled it runs again, and its log says so', async () => {
  const notes = recorder.timesSaid('Interrupted');
  await machine.pullPlug();
  await machine.boot();
  await until('it runs', async () => (await recorder.show('ActiveState')) === 'active');
  await until('the note', () => recorder.timesSaid('Interrupted') === notes + 1);
});
