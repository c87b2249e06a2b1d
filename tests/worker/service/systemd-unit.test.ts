// The unit's text: what a path does to it, and what is never in it. (tests/systemd runs it.)

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { PortReporterError } from '../../../ts-worker/src/model/error.ts';
import { createMachine } from '../../../ts-worker/src/service/platform.ts';
import { canBeProgram, unitText } from '../../../ts-worker/src/service/systemd-unit.ts';

function unit(installDirectory = '/opt/portreporter', version = 252): string {
  const command = [`${installDirectory}/node`, `${installDirectory}/w.cjs`, 'record'] as const;
  const logDirectory = '/var/log/portreporter';
  const about = { description: 'a test', command, installDirectory, logDirectory };
  return unitText({ ...about, autoStart: null }, version);
}

test('the rights are five, and the way to more is closed', () => {
  const line = /^CapabilityBoundingSet=(.*)$/m.exec(unit())?.[1]?.split(' ');
  assert.deepEqual(line, [
    ...['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN', 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'],
  ]);
  assert.match(unit(), /^NoNewPrivileges=yes$/m);
  assert.match(unit(), /^ReadWritePaths="\/var\/log\/portreporter"$/m);
});

test('nothing of a path is taken for a variable or a specifier', () => {
  assert.match(
    unit('/opt/$HOME 5%t'),
    /^ExecStart="\/opt\/\$HOME 5%%t\/node" "\/opt\/\$\$HOME 5%%t\/w\.cjs" "record"$/m,
  );
  for (const path of [`/a'b`, '/a"b', '/a\\b', '/a\nb']) assert.ok(!canBeProgram(path), path);
  assert.ok(canBeProgram('/opt/a b$c%d'));
});

test('homes are hidden, unless the recorder itself lives in one', () => {
  assert.match(unit(), /^ProtectHome=yes$/m);
  assert.match(unit('/root/pr'), /^ProtectHome=read-only$/m);
  assert.match(unit('/rootless/pr'), /^ProtectHome=yes$/m);
});

test('pauses between restarts grow where systemd knows how', () => {
  assert.match(unit('/opt/pr', 254), /^RestartSteps=6$/m);
  assert.doesNotMatch(unit('/opt/pr', 252), /^RestartSteps/m);
});

const keepsServices = process.platform === 'win32' || existsSync('/run/systemd/system');

test('where nothing keeps services, the error names what does it', {
  skip: keepsServices,
}, async () => {
  await assert.rejects(createMachine('/some/worker.cjs'), (error: unknown) => {
    assert.ok(error instanceof PortReporterError);
    assert.equal(error.code, 'PR_SERVICE_UNSUPPORTED');
    assert.match(
      error.hint ?? '',
      /portreporter-worker record \(node '\/some\/worker\.cjs' record/,
    );
    return true;
  });
});
