// Makes logs for the tests of Import-PRLog, and writes to them while somebody follows.
//
//   node logs.mjs FOLDER NAME…      writes each of these (see below) into the folder
//   node logs.mjs FOLDER live       appends a record to a PR-PORTS for every line on its input;
//                                   the line `roll` begins the next file

import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const [folder = '.', ...names] = process.argv.slice(2);
const samples = join(dirname(fileURLToPath(import.meta.url)), '../../samples/logs');
mkdirSync(folder, { recursive: true });

const columns =
  'date,time,protocol,local port,local IP address,remote port,remote IP address,PID,module,' +
  'user context';
const ours = ',state,previous state,change,time (UTC),attribution,service,path,started,namespace';

const header = (stamp, more = ours) => `Port Reporter Version 2.0 Log File - Port usage log

Check PR-PIDS-${stamp}.log for corresponding process data

Continues PR-INITIAL-26-07-6-13-44-4.log
UTC offset: +02:00

Log format:
${columns}${more}

`;

/** A record of 13:52 and that many seconds; `about` are other fields, as they stand in the file. */
export function record(second, about = {}) {
  const field = { port: 3389, pid: 812, name: 'xrdp', user: 'xrdp', change: 'Appeared', ...about };
  const utc = `2026-07-06T11:52:${String(second).padStart(2, '0')}.004217Z`;
  return (
    `26/7/6,13:52:${second},TCP,${field.port},0.0.0.0,,0.0.0.0,${field.pid},${field.name},` +
    `<${field.user}>,Listen,,${field.change},${utc},Kernel,xrdp.service,/usr/sbin/xrdp,` +
    '2026-07-06T05:00:01.210000Z,default\n'
  );
}

const entry = (second, pid, port) => `Date and time: 26/7/6,13:52:${second}
Process ID: ${pid} (xrdp)
User context: <xrdp>
Path: /usr/sbin/xrdp
Started: 2026-07-06T05:00:01.210000Z

Service Name: xrdp.service

PID\tPort\t\tLocal IP\tState\t\t Remote IP:Port\tNamespace\tAttribution
${pid}\tTCP ${port}\t0.0.0.0 \tLISTENING\t 0.0.0.0:0\tdefault\tKernel

Port Statistics

TCP mappings: 1
UDP mappings: 0

TCP ports in a LISTENING state: \t1 = 100.00%

Loaded modules:
/usr/sbin/xrdp
/usr/lib/libssl.so.3

======================================================
`;

const processHeader = `Port Reporter Version 2.0 Log File

Process detail log

System Date: Mon Jul 06 13:44:04 2026


Local computer name:

 HERE

Operating System: Debian
UTC offset: +02:00

`;

const initial = (at) => `Port Reporter Version 2.0 Log File

Service initialization log

System Date: ${at}


Local computer name:

 HERE

Operating System: Debian
UTC offset: +02:00

TCP/UDP Port to Process Mappings

1 mappings found

PID:Process\t\tPort\t\tLocal IP\tState\t\t Remote IP:Port\tNamespace\tAttribution
700:sshd\t\tTCP 22\t0.0.0.0 \tLISTENING\t 0.0.0.0:0\tdefault\tTable

Port Statistics

TCP mappings: 1
UDP mappings: 0

Port and Module Information by Process
======================================================

Process ID: 700 (sshd)
User context: <root>
Path: /usr/sbin/sshd
Started: 2026-07-06T05:00:01.210000Z

Service Name: ssh.service

PID\tPort\t\tLocal IP\tState\t\t Remote IP:Port\tNamespace\tAttribution
700\tTCP 22\t0.0.0.0 \tLISTENING\t 0.0.0.0:0\tdefault\tTable

Port Statistics

TCP mappings: 1
UDP mappings: 0

Loaded modules:
/usr/sbin/sshd

======================================================

========= end of log file =========
`;

const status = (time, kind, rest) => `# 2026-07-06T11:${time}.000000Z ${kind} ${rest}\n`;

/** A PR-INITIAL of 13:44:04, and records and status lines that continue it. */
function writePast(lines, name = `PR-PORTS-${stamp}.log`) {
  write(`PR-INITIAL-${stamp}.log`, initial('Mon Jul 06 13:44:04 2026'));
  write(name, header(stamp) + status('44:04', 'Begin', '- start') + lines);
}

const write = (name, text) => writeFileSync(join(folder, name), text);
const stamp = '26-07-6-13-44-4';
const hostile = 'ev%1B[31mil%0D%0A%E2%80%A8%2C%22';

const makers = {
  genuine: () => {
    for (const kind of ['PR-PORTS', 'PR-INITIAL']) {
      const name = `${kind}-05-07-6-13-44-4`;
      copyFileSync(join(samples, `${name}.txt`), join(folder, `${name}.log`));
    }
  },
  windows2000: () =>
    write(
      'PR-PORTS-04-04-8-1-2-3.log',
      `Port Reporter Version 1.01 Log File - Port usage log\r\n\r\n` +
        `Log format:\r\n${columns}\r\n\r\n` +
        '04/4/8,1:2:3,TCP,80,0.0.0.0,,0.0.0.0\r\n04/4/8,1:2:4,UDP,53,10.0.0.1,*,*\r\n',
    ),
  ours: () => {
    write(
      `PR-PORTS-${stamp}.log`,
      header(stamp) +
        '# 2026-07-06T11:52:00.000000Z Begin - start\n' +
        record(1) +
        record(2, { port: 443, pid: 900, name: hostile, user: '%3Dcmd|a' }) +
        '# 2026-07-06T11:52:03.000000Z Gap 12 the ring was full\n' +
        record(4, { port: 8080, change: 'Disappeared' }) +
        '# 2026-07-06T11:57:04.113000Z Heartbeat 3 records since the last one\n',
    );
    write(`PR-PIDS-${stamp}.log`, processHeader + entry(1, 812, 3389) + entry(4, 812, 8080));
  },
  legacy: () =>
    write(
      `PR-PORTS-${stamp}.log`,
      `${header(stamp, '')}26/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,812,xrdp,<xrdp>\n`,
    ),
  bad: () =>
    write(
      'PR-PORTS-26-07-7-0-0-0.log',
      `${header(stamp)}${record(1)}what is this\x1b[31m\n${record(2, { port: 99_999 })}` +
        `${record(3)}${record(4).slice(0, 40)}`,
    ),
  /** As long as it says. */
  ended: () =>
    write(
      'PR-PORTS-26-07-8-0-0-0.log',
      `${header(stamp)}${record(1)}# 2026-07-08T11:52:03.000000Z End 7 asked to\n`,
    ),
  gzip: () => write(`PR-PORTS-${stamp}.log.gz`, gzipSync(header(stamp) + record(1))),
  utf16: () =>
    write(`PR-PORTS-${stamp}.log`, Buffer.from(`\ufeff${header(stamp)}${record(1)}`, 'utf16le')),
  windows1252: () =>
    write(
      'PR-PORTS-05-07-6-13-44-4.log',
      Buffer.from(
        `${columns}\r\n05/7/6,13:52:1,TCP,80,0.0.0.0,,0.0.0.0,7,caf\xe9.exe,<\x80>\r\n`.replace(
          columns,
          'Port Reporter Version 1.01 Log File - Port usage log',
        ),
        'latin1',
      ),
    ),
  brackets: () => write('a [x] log.log', header(stamp) + record(1)),
  other: () => write('notes.txt', 'These are my notes.\nNothing else.\n'),
  status: () => write('status.json', '{}\n'),
  /** A name of another time, and nothing that could be read. */
  tomorrow: () => write('PR-PORTS-26-07-9-0-0-0.log', 'no log at all\n'),
  past: () => {
    writePast(
      record(1) + record(5, { change: 'Disappeared' }) + status('57:04', 'Heartbeat', '2 records'),
    );
    write(`PR-PIDS-${stamp}.log`, processHeader + entry(1, 812, 3389));
  },
  pastGap: () =>
    writePast(
      record(1) +
        status('52:03', 'Gap', '12 the ring was full') +
        status('57:04', 'Heartbeat', '1 r'),
    ),
  pastClockSet: () =>
    writePast(
      record(1) + status('52:03', 'ClockSet', '9 ms ahead') + status('57:04', 'Heartbeat', '1 r'),
    ),
  pastSetBack: () =>
    writePast(
      status('57:04', 'Heartbeat', '1 r') + status('52:03', 'ClockSet', '9 ms back') + record(5),
    ),
  pastSuspended: () =>
    writePast(
      record(1) + status('52:03', 'Suspended', '9 ms asleep') + status('57:04', 'Heartbeat', '1 r'),
    ),
  pastLegacy: () => {
    writePast('');
    makers.legacy();
  },
  many: () =>
    write(
      `PR-PORTS-${stamp}.log`,
      header(stamp) +
        Array.from({ length: 20_000 }, (_, index) =>
          record(index % 60, { port: (index % 60_000) + 1 }),
        ).join(''),
    ),
};

function live() {
  let minute = 0;
  let file = '';
  const roll = () => {
    file = join(folder, `PR-PORTS-26-07-6-14-${minute++}-0.log`);
    writeFileSync(file, header(stamp));
  };
  roll();
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line === 'roll') roll();
    else if (line === 'half') appendFileSync(file, record(9, { port: 9999 }).slice(0, 30));
    else if (line === 'rest') appendFileSync(file, record(9, { port: 9999 }).slice(30));
    else appendFileSync(file, record(5, { port: Number(line) }));
    process.stdout.write(`${line}\n`);
  });
  process.stdout.write('ready\n');
}

if (names[0] === 'live') live();
else for (const name of names) makers[name]();
