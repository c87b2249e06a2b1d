// A worker that misbehaves on demand, for the tests of the pool. It speaks the conversation of
// docs/protocol.md; how it behaves is told by the request's own filter, as in -ProcessName hang.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { changeLine } from './change-line.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const sayText = (text) => process.stdout.write(`${text}\n`);
const say = (answer) => sayText(JSON.stringify(answer));

let cancelled = false;

function template(request) {
  return {
    Protocol: 'TCP',
    AddressFamily: 'IPv4',
    State: 'Listen',
    OwningProcess: process.pid,
    SharedWith: [],
    ProcessName: 'fake-worker',
    Path: process.execPath,
    // What the module sent and how it started us, for tests that ask.
    CommandLine: JSON.stringify({
      request,
      certificates: process.env.NODE_EXTRA_CA_CERTS ?? null,
      folder: process.cwd(),
    }),
    User: 'root',
    Services: [],
    ProcessStartTime: '2025-11-24T08:34:11.123456+00:00',
    Namespace: 'default',
    Attribution: 'Table',
    Modules: null,
    Time: '2025-11-24T10:34:11.654321+00:00',
  };
}

const addresses = '127.0.0.1\n192.0.2.1';

function columns(count) {
  const column = (Type, value) => {
    const { buffer } = Type.from({ length: count }, (_, i) => value(i));
    return Buffer.from(buffer).toString('base64');
  };
  return {
    LocalAddress: column(Int32Array, () => 0),
    LocalPort: column(Uint16Array, (i) => i + 1),
    RemoteAddress: column(Int32Array, (i) => (i % 2 ? 1 : -1)),
    RemotePort: column(Uint16Array, (i) => (i % 2 ? 443 : 0)),
    Template: column(Int32Array, () => 0),
  };
}

const endpoints = (count) => say({ endpoints: columns(count) });

async function endpointsUntilCancelled() {
  while (!cancelled) {
    if (!endpoints(500)) await once(process.stdout, 'drain');
    else await pause(0);
  }
}

const behaviours = {
  async die() {
    const lines = [
      'first line',
      'long '.repeat(9999),
      'Error: the reason',
      '    at here (a.js:1:1)',
    ];
    process.stderr.write(`${lines.join('\n')}\n\n`);
    process.exit(3);
  },
  async 'die-midway'() {
    endpoints(3);
    await pause(50);
    process.exit(4);
  },
  async hang() {
    while (!cancelled) await pause(20);
  },
  // Neither answers nor cancels: it does not even see that its input closed.
  async deaf() {
    for (;;);
  },
  flood: endpointsUntilCancelled,
  async 'flood-errors'() {
    const line = `${'noise '.repeat(100)}\n`;
    for (let i = 0; i < 2000; i++) process.stderr.write(line);
    endpoints(1);
  },
  async 'late-end'() {
    endpoints(1);
    while (!cancelled) await pause(20);
    for (let i = 0; i < 50; i++) endpoints(500);
    await pause(200);
  },
  async 'never-ends'() {
    endpoints(1);
    await new Promise(() => {});
  },
  async 'bad-json'() {
    sayText('{"endpoints":{"LocalAddress":[1');
    await pause(10000);
  },
  async 'wrong-type'() {
    sayText('{"endpoints":"none"}');
  },
  async unknown() {
    say({ somethingNew: 1 });
    endpoints(1);
  },
  async verbose() {
    say({ verbose: 'A verbose line.' });
  },
  async warning() {
    say({ warning: { code: 'PR_W', message: 'Something is missing.', hint: 'Look for it.' } });
    endpoints(1);
  },
  async progress() {
    say({ progress: { activity: 'Reading', status: 'half', percent: 50 } });
    endpoints(1);
  },
  async error() {
    const about = { target: 'error', hint: 'Try another.' };
    say({ error: { code: 'PR_FILTER_INVALID', message: 'That is no name.', ...about } });
    return 'over';
  },
  async names() {
    endpoints(4);
    await pause(300);
    say({ names: { '192.0.2.1': 'host.example', '192.0.2.9': 'nobody.example' } });
  },
  async many() {
    for (let i = 0; i < 100; i++) endpoints(500);
  },
};

const methods = {
  async snapshot(request) {
    say({ templates: [template(request)], addresses });
    const behave = behaviours[request.params.filter.processName?.[0]];
    if (behave) return behave();
    endpoints(2);
  },
  async processes(request) {
    const statistics = await methods.statistics(request, () => {});
    const { ProcessName, User, Services } = template(request);
    for (const OwningProcess of [process.pid, null]) {
      say({
        templates: [template(request)],
        addresses,
        process: { OwningProcess, ProcessName, User, Services, Statistics: statistics },
        endpoints: columns(2),
      });
    }
  },
  async statistics(_request, answer = say) {
    const States = [{ State: 'Listen', Count: 2, Percent: 66.67 }];
    const statistics = { TcpMappings: 2, UdpMappings: 1, States };
    answer({ statistics });
    return statistics;
  },
  async watch(request) {
    const { Time, ...facts } = template(request);
    say({ watching: { source: 'Kernel', whyNotBetter: null } });
    say({
      templates: [{ ...facts, Change: 'Appeared', Source: 'Kernel' }],
      ...changeLine(Date.parse(Time) * 1000, [['127.0.0.1', 80, null, null, 0]], []),
    });
  },
  async complete(request) {
    const { prefix } = request.params;
    if (prefix === 'slow') await pause(60_000);
    if (prefix === 'die') process.exit(5);
    const values = ['nginx', "o'neill", 'two words', 'red\u001b[31m', '-dash'];
    say({ values: values.filter((value) => value.startsWith(prefix)) });
  },
};

async function serve(request) {
  cancelled = false;
  // What it does not know has an empty answer.
  const outcome = await methods[request.method]?.(request);
  if (outcome !== 'over') say({ end: { rows: 0, ...(cancelled ? { cancelled } : {}) } });
}

// As the real worker: a terminal sends Ctrl+C to it too.
process.on('SIGINT', () => {});
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const request = JSON.parse(line);
  if ('cancel' in request) cancelled = true;
  else serve(request);
});
lines.on('close', () => process.exit());
