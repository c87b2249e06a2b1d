// What systemd hears of a recorder, on a socket as systemd's own (sd_notify(3)).

import assert from 'node:assert/strict';
import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import koffi from 'koffi';
import { findSupervisor, noSupervisor } from '../../../ts-worker/src/recorder/supervisor.ts';
import { Logs, pause, RunningRecorder, until } from './support/recorder.ts';

const skip = process.platform === 'linux' ? false : 'systemd is Linux';

/** unix(7): a datagram socket of that name; `@` begins an abstract one. */
class Receiver {
  readonly heard: string[] = [];
  readonly #fd: number;
  readonly #recv: (fd: number, bytes: Uint8Array, length: number, flags: number) => number;
  readonly #timer: NodeJS.Timeout;

  constructor(name: string) {
    const library = koffi.load(null);
    const socket = library.func('int socket(int domain, int type, int protocol)');
    const bind = library.func('int bind(int fd, void *address, uint32_t length)');
    this.#recv = library.func('intptr_t recv(int fd, void *bytes, size_t length, int flags)');
    this.#fd = socket(1, 2, 0);
    const address = Buffer.concat([Uint8Array.of(1, 0), Buffer.from(name)]);
    if (name.startsWith('@')) address[2] = 0;
    assert.equal(bind(this.#fd, address, address.length), 0);
    this.#timer = setInterval(() => this.#take(), 5);
  }

  #take(): void {
    const bytes = Buffer.alloc(4096);
    for (;;) {
      const length = this.#recv(this.#fd, bytes, bytes.length, 0x40); // MSG_DONTWAIT
      if (length < 0) return;
      this.heard.push(bytes.toString('utf8', 0, length));
    }
  }

  close(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }
}

describe('a recorder under systemd', { skip }, () => {
  const logs = new Logs();
  const place = new Logs();
  after(() => {
    logs.remove();
    place.remove();
  });

  for (const [kind, name] of [
    ['in the file system', join(place.path, 'notify')],
    ['in the abstract namespace', `@portreporter-test-${process.pid}`],
  ] as const) {
    it(`says when it is ready, that it lives, and that it stops, on a socket ${kind}`, async () => {
      const receiver = new Receiver(name);
      const env = { NOTIFY_SOCKET: name, WATCHDOG_USEC: '300000', WATCHDOG_PID: undefined };
      const recorder = await RunningRecorder.start({ logs, env });
      const { heard } = receiver;
      await until('signs of life', () => heard.filter((each) => each === 'WATCHDOG=1').length > 3);
      const ready = heard.indexOf('READY=1');
      assert.ok(ready > 0, heard.join('\n'));
      assert.match(logs.text('PR-INITIAL'), /end of log file/);
      assert.ok(heard.some((each) => /^STATUS=Kernel|^STATUS=Polling/.test(each)));
      assert.equal(heard.filter((each) => each === 'READY=1').length, 1);
      await recorder.kill();
      await until('its goodbye', () => heard.includes('STOPPING=1'));
      receiver.close();
    });
  }

  it('that is held up gives no sign of life', async () => {
    const receiver = new Receiver(`@portreporter-held-${process.pid}`);
    const env = {
      NOTIFY_SOCKET: `@portreporter-held-${process.pid}`,
      WATCHDOG_USEC: '300000',
      WATCHDOG_PID: undefined,
    };
    const recorder = await RunningRecorder.start({ logs, env });
    await until('a sign of life', () => receiver.heard.includes('WATCHDOG=1'));
    recorder.process.kill('SIGSTOP');
    const stat = () => readFileSync(`/proc/${recorder.pid}/stat`, 'latin1');
    await until('a recorder that is held up', () => /\) T /.test(stat()));
    await pause(100); // what it said before is heard by then
    const before = receiver.heard.length;
    await pause(600);
    assert.equal(receiver.heard.length, before);
    recorder.process.kill('SIGCONT');
    await until('life again', () => receiver.heard.length > before);
    await recorder.kill();
    receiver.close();
  });
});

describe('a supervisor', { skip }, () => {
  it('is nobody where nothing is said of one', async () => {
    assert.equal(await findSupervisor({}), noSupervisor);
  });

  it('is taken out of the environment, and wants no life of another process', async () => {
    const environment = { NOTIFY_SOCKET: '@nobody', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' };
    const supervisor = await findSupervisor(environment);
    assert.deepEqual([Object.keys(environment), supervisor.patience], [[], null]);
    supervisor.ready(); // nobody is there: that is no reason to fail
  });

  it('is the Windows service host where that asks for lines on standard output', async (t) => {
    const write = t.mock.method(process.stdout, 'write', () => true);
    const environment = { PORTREPORTER_NOTIFY: 'stdout', WATCHDOG_USEC: '60000000' };
    const supervisor = await findSupervisor(environment);
    supervisor.starting(60_000);
    supervisor.ready();
    supervisor.alive();
    const said = write.mock.calls.map((call) => call.arguments[0]);
    write.mock.restore();
    assert.deepEqual(said, ['EXTEND_TIMEOUT_USEC=60000000\n', 'READY=1\n', 'WATCHDOG=1\n']);
    assert.deepEqual([Object.keys(environment), supervisor.patience], [[], 60_000]);
  });
});
