import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeText } from '../../../native/linux/text.ts';
import { processName } from '../../../ts-worker/src/processes/linux-name.ts';

/** The 15 bytes that the kernel keeps of a name. */
const comm = (name: string | Buffer): string => decodeText(Buffer.from(name).subarray(0, 15));

type Case = readonly [
  expected: string,
  command: string,
  path: string | null,
  args: readonly string[],
];

const cases: Readonly<Record<string, readonly Case[]>> = {
  'a program': [
    ['sshd', 'sshd', '/usr/sbin/sshd', ['sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups']],
    ['nginx', 'nginx', '/usr/sbin/nginx', ['nginx: worker process']],
    ['postgres', 'postgres', '/usr/lib/postgresql/15/bin/postgres', ['postgres: 15/main: writer ']],
    ['two words', 'two words', '/opt/two words', ['/opt/two words']],
  ],
  'a name of 15 bytes and more': [
    [
      'systemd-resolved',
      comm('systemd-resolved'),
      '/usr/lib/systemd/systemd-resolved',
      ['/lib/systemd/systemd-resolved'],
    ],
    ['exactly15bytes!', comm('exactly15bytes!'), '/bin/exactly15bytes!', ['exactly15bytes!']],
    ['exactly15bytes!', comm('exactly15bytes!'), '/bin/exactly15bytes!-2', ['exactly15bytes!']],
    ['Größenänderungen', comm('Größenänderungen'), '/bin/Größenänderungen', ['x']],
    ['aaaaaaaaaaaaaaä-more', comm('aaaaaaaaaaaaaaä-more'), '/bin/aaaaaaaaaaaaaaä-more', []],
  ],
  'bytes that are not UTF-8': [
    ['a\\xffb', comm(Buffer.from([0x61, 0xff, 0x62])), '/tmp/a\\xffb', ['/tmp/a\\xffb']],
    [
      `\\xff${'y'.repeat(20)}`,
      comm(Buffer.from([0xff, ...Buffer.from('y'.repeat(20))])),
      `/tmp/\\xff${'y'.repeat(20)}`,
      [],
    ],
  ],
  'a renamed main thread': [
    ['node', 'MainThread', '/usr/bin/node', ['node', 'server.js']],
    ['python3.11', 'worker-1', '/usr/bin/python3.11', ['python3', 'app.py']],
    ['java', 'http-nio-8080-A', '/usr/lib/jvm/bin/java', ['java', '-jar', 'app.jar']],
  ],
  'a script': [
    ['deploy.sh', 'deploy.sh', '/usr/bin/bash', ['/bin/bash', '/opt/deploy.sh', 'now']],
    ['apt-check.pl', 'apt-check.pl', '/usr/bin/perl', ['/usr/bin/perl', '-w', '/opt/apt-check.pl']],
    [
      'unattended-upgrade-shutdown',
      comm('unattended-upgrade-shutdown'),
      '/usr/bin/python3.11',
      ['/usr/bin/python3', '/usr/share/unattended-upgrades/unattended-upgrade-shutdown'],
    ],
    ['python3', 'python3', '/usr/bin/python3.11', ['python3', 'app.py']],
    [
      'aaaaaaaaaaaaaaä-more',
      comm('aaaaaaaaaaaaaaä-more'),
      '/usr/bin/perl',
      ['perl', './aaaaaaaaaaaaaaä-more'],
    ],
  ],
  'a shell': [
    ['bash', 'bash', '/usr/bin/bash', ['-bash']],
    ['sh', 'sh', '/usr/bin/dash', ['sh', '-c', 'true']],
    ['sh', 'sh', '/usr/bin/dash', ['-sh']],
    ['httpd', 'httpd', '/bin/busybox', ['httpd', '-f']],
  ],
  'a title over the arguments': [
    ['(sd-pam)', '(sd-pam)', '/usr/lib/systemd/systemd', ['(sd-pam)']],
    [
      'gunicorn: master [app]',
      comm('gunicorn: master [app]'),
      '/usr/bin/python3',
      ['gunicorn: master [app]'],
    ],
  ],
  'nothing but the name': [
    ['kthreadd', 'kthreadd', null, []],
    ['kworker/R-rcu_g', 'kworker/R-rcu_g', null, []],
    ['kworker/u8:3-events_unbound', 'kworker/u8:3-events_unbound', null, []],
    ['sshd', 'sshd', null, ['sshd: root@pts/0']],
  ],
};

for (const [subject, group] of Object.entries(cases)) {
  describe(`the name of a process: ${subject}`, () => {
    for (const [expected, command, path, args] of group) {
      it(`${command} of ${path ?? 'no program'}: ${expected}`, () => {
        assert.equal(processName(command, path, args), expected);
      });
    }
  });
}
