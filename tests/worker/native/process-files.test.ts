import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  decodeArguments,
  decodeControlGroups,
  decodeModules,
  decodeStat,
  readArguments,
  readControlGroups,
  readExecutable,
  readFolder,
  readModules,
  readNamespace,
  readStat,
} from '../../../native/linux/process-files.ts';
import { readSample } from '../support/repository.ts';

const stat = (command: string | Buffer, flags = 4_194_304): Buffer =>
  Buffer.concat([
    Buffer.from('4711 ('),
    Buffer.from(command),
    Buffer.from(`) S 815 4711 4711 0 -1 ${flags} 139 0 0 0 1 2 0 0 20 0 1 0 987654 2551808 220\n`),
  ]);

describe('/proc/PID/stat', () => {
  for (const command of ['sleep', 'a b', ') S 1 (', '((', '))', 'x) R 1 1 1', 'new\nline', '']) {
    it(`tells the command ${JSON.stringify(command)} from the rest`, () => {
      assert.deepEqual(decodeStat(stat(command)), {
        command,
        parent: 815,
        startTicks: 987_654,
        isKernelThread: false,
      });
    });
  }

  it('shows bytes of the command that are not UTF-8', () => {
    assert.equal(decodeStat(stat(Buffer.from([0x61, 0xff, 0x29])))?.command, 'a\\xff)');
  });

  it('knows a kernel thread by its flag', () => {
    assert.equal(decodeStat(stat('kthreadd', 0x0020_8040))?.isKernelThread, true);
  });

  it('is nothing where it has no command', () => {
    for (const text of ['', '4711 S 1', ')(']) assert.equal(decodeStat(Buffer.from(text)), null);
  });
});

describe('/proc/PID/cmdline', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['node\0--eval\0a b\0', ['node', '--eval', 'a b']],
    ['cat\0\0x\0', ['cat', '', 'x']],
    ['nginx: worker process\0\0\0\0\0\0', ['nginx: worker process']],
    ['title without an end', ['title without an end']],
    ['', []],
    ['\0\0', []],
  ];
  for (const [bytes, expected] of cases) {
    it(JSON.stringify(bytes), () => {
      assert.deepEqual(decodeArguments(Buffer.from(bytes)), expected);
    });
  }

  it('shows bytes that are not UTF-8', () => {
    assert.deepEqual(decodeArguments(Buffer.from([0x61, 0, 0xfe, 0])), ['a', '\\xfe']);
  });
});

describe('/proc/PID/maps', () => {
  it('names the files that are mapped as code, once each', () => {
    assert.deepEqual(decodeModules(readSample('proc-pid/maps').toString()), [
      '/opt/two words/bin/server',
      '/opt/new\nline.so',
      '/usr/lib/gone.so.1',
      '/usr/lib/execute-only.so',
      '/memfd:jit',
      '/usr/lib/x86_64-linux-gnu/libc.so.6',
      '/usr/lib/two (deleted) words.so',
    ]);
  });
});

describe('/proc/PID/cgroup', () => {
  it('puts the unified hierarchy first and leaves roots out', () => {
    const hybrid =
      '12:pids:/user.slice\n4:cpu,cpuacct:/\n1:name=systemd:/a:b\n0::/system.slice/x\n';
    assert.deepEqual(decodeControlGroups(hybrid), ['/system.slice/x', '/user.slice', '/a:b']);
    assert.deepEqual(decodeControlGroups('0::/\n'), []);
    assert.deepEqual(decodeControlGroups(''), []);
  });
});

const skip = process.platform !== 'linux' && '/proc is Linux';

describe('/proc/PID', { skip }, () => {
  const { pid } = process;

  it('tells of this process what Node tells', () => {
    assert.equal(readStat(pid)?.parent, process.ppid);
    assert.equal(readExecutable(pid), process.execPath);
    assert.deepEqual(readArguments(pid)?.slice(0, 1), [process.argv0]);
    assert.equal(readFolder(pid)?.uid, process.geteuid?.());
    assert.ok(readModules(pid)?.includes(process.execPath));
    assert.ok(readModules(pid)?.some((path) => /\/libc[.-]/.test(path)));
    assert.equal(readNamespace(pid, 'net'), statSync('/proc/self/ns/net').ino);
  });

  it('is null of a process that is gone', () => {
    const gone = 2 ** 22 + 1; // above PID_MAX_LIMIT
    for (const read of [
      readStat,
      readExecutable,
      readArguments,
      readFolder,
      readControlGroups,
      readModules,
    ]) {
      assert.equal(read(gone), null, read.name);
    }
    assert.equal(readNamespace(gone, 'net'), null);
  });

  const thread = 2;
  const noThread = readStat(thread)?.command !== 'kthreadd' && 'kernel threads are not seen here';

  it('knows a kernel thread, without program, arguments or modules', { skip: noThread }, () => {
    assert.equal(readStat(thread)?.isKernelThread, true);
    assert.equal(readExecutable(thread), null);
    assert.deepEqual(readArguments(thread), []);
    assert.deepEqual(readModules(thread), []);
  });
});
