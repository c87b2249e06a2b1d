// A worker whose watch is made up, for the tests of how changes become objects and lines. What it does
// is told by the request's own filter, as in -ProcessName flood.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { changeLine } from './change-line.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/** An escape sequence, a line break and a direction mark, as a process may call itself. */
const hostile = 'ev\u001b[31mil\r\nne\u202ext';
/** Microseconds since 1970: 2025-11-24 10:34:11.654321 in UTC. */
const time = 1_763_980_451_654_321;
let known = [];
let cancelled = false;

const endpoint = {
  Protocol: 'TCP',
  AddressFamily: 'IPv4',
  State: 'Established',
  Namespace: 'default',
  OwningProcess: 4711,
  SharedWith: [],
  ProcessName: 'server',
  Path: '/usr/bin/server',
  CommandLine: 'server -d',
  User: 'root',
  Services: ['server.service'],
  ProcessStartTime: '2025-11-24T08:34:11.123456+00:00',
  Attribution: 'Kernel',
  Modules: null,
};
const nothing = Object.fromEntries(Object.keys(endpoint).map((name) => [name, null]));
const own = {
  PreviousState: null,
  PreviousProcess: null,
  Source: 'Kernel',
  Missed: null,
  Reason: null,
};
const change = (kind, about = {}) => ({ ...own, ...endpoint, Change: kind, ...about });
const listener = { State: 'Listen', SharedWith: [12, 13] };

/** Each kind once: what it is, and its ends. */
const kinds = [
  [change('Appeared', { ...listener, Source: 'Table' }), '0.0.0.0', 80, null, null],
  [change('Appeared', listener), '0.0.0.0', 80, null, null],
  [change('Changed', { PreviousState: 'SynSent' }), '10.0.0.1', 40000, '192.0.2.1', 443],
  [
    change('Reattributed', { AddressFamily: 'IPv6', PreviousProcess: 12, Namespace: 'web' }),
    ...['2001:db8::1', 443, '2001:db8::2', 40000],
  ],
  [change('Disappeared', { ProcessName: hostile }), '10.0.0.1', 40000, '192.0.2.1', 443],
  [
    change('Changed', { PreviousState: 'FinWait2', State: 'TimeWait', Source: 'Inferred' }),
    ...['10.0.0.1', 40000, '192.0.2.1', 443],
  ],
  [
    change('Disappeared', { State: 'SynSent', OwningProcess: null, ProcessName: null }),
    ...['10.0.0.1', null, '192.0.2.1', 443],
  ],
  [{ ...endpoint, ...own, Change: 'ProcessExited', Protocol: null, State: null }],
  [{ ...nothing, ...own, Change: 'Gap', Missed: 12345, Reason: 'the ring was full' }],
  [{ ...nothing, ...own, Change: 'Gap', Reason: hostile }],
];

function sendKinds(request) {
  const templates = kinds.map(([each]) => ({ ...each }));
  templates[0].CommandLine = JSON.stringify(request.params);
  const rows = kinds.map(([, local, port, remote, remotePort], i) => [
    ...[local, port, remote, remotePort],
    i,
  ]);
  say({ templates, ...changeLine(time, rows, known) });
}

function batch(count, number) {
  const rows = Array.from({ length: count }, (_, i) => [
    ...['10.0.0.1', i + 1, '192.0.2.1', 443],
    number,
  ]);
  return changeLine(time, rows, known);
}

const behaviours = {
  /** Numbers of templates begin again. */
  async restart() {
    const named = (ProcessName) => change('Appeared', { ProcessName });
    say({ templates: [named('first'), named('second')], ...batch(1, 1) });
    say(batch(1, 0));
    known = [];
    say({ restart: true, templates: [named('third')], ...batch(1, 0) });
  },
  async flood() {
    say({ templates: [change('Appeared')], ...batch(500, 0) });
    while (!cancelled) {
      if (!say(batch(500, 0))) await once(process.stdout, 'drain');
      await pause(0);
    }
  },
  async silent() {
    while (!cancelled) await pause(10);
  },
};

async function serve(request) {
  cancelled = false;
  known = [];
  say({ watching: { source: 'Kernel', whyNotBetter: null } });
  const behave = behaviours[request.params.filter.processName?.[0]];
  await (behave === undefined ? sendKinds(request) : behave());
  say({ end: cancelled ? { cancelled } : {} });
}

process.on('SIGINT', () => {});
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const request = JSON.parse(line);
  if ('cancel' in request) cancelled = true;
  else serve(request);
});
lines.on('close', () => process.exit());
