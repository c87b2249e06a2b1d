// The filters of a watch (model/filter/change.ts) on lines of PR-PORTS, answered from the raw
// fields: each test looks at one column and remembers what it answered for a text, the cheapest
// test comes first. What a filter means is the model's business: it is asked about one value at a
// time. A field that can't be understood passes, so that it is found and told when the line is
// read.

import { parseAddress } from '../../model/address.ts';
import { changeKinds } from '../../model/change.ts';
import type { AddressFamily, Endpoint, Protocol, State } from '../../model/endpoint.ts';
import { type ChangeFilterTexts, compileChangeFilter } from '../../model/filter/change.ts';
import { choice } from '../../model/filter/choice.ts';
import { compileFilter, type FilterTexts } from '../../model/filter/filter.ts';
import { numberTest } from '../../model/filter/number.ts';
import { unknownProcess } from '../../model/process.ts';
import { ownText } from '../format/own-text.ts';
import type { PortColumn } from '../format/port-columns.ts';
import { type OwnerPart, readOwnerPart } from '../format/port-record.ts';
import { readState } from '../format/state-name.ts';
import type { CutLine } from './cut-line.ts';
import { decodeField } from './field-text.ts';
import type { Layout } from './layout.ts';

export type LineTest = (line: CutLine) => boolean;

const mostRemembered = 10_000;
const longestRemembered = 4096;

/** A test on the raw text of one column. */
function columnTest(layout: Layout, column: PortColumn, test: (raw: string) => boolean): LineTest {
  const place = layout.place(column);
  const known = new Map<string, boolean>();
  return (line) => {
    const raw = line.raw(place);
    if (raw === null) return false;
    let answer = known.get(raw);
    if (answer === undefined) {
      const text = ownText(raw);
      answer = test(text);
      if (known.size >= mostRemembered) known.clear();
      if (text.length <= longestRemembered) known.set(text, answer);
    }
    return answer;
  };
}

/** What a column of names, or the like, says of the owner. */
function ownerColumnTest(
  layout: Layout,
  column: PortColumn,
  test: (part: OwnerPart) => boolean,
): LineTest {
  return columnTest(layout, column, (raw) => {
    const text = (each: PortColumn) => (each === column ? decodeField(raw) : null);
    return test(readOwnerPart({ isEscaped: layout.isEscaped, text }));
  });
}

const someEndpoint: Endpoint = {
  protocol: 'TCP',
  family: 'IPv4',
  localAddress: '0.0.0.0',
  localPort: 0,
  remoteAddress: null,
  remotePort: null,
  state: 'Closed',
  namespace: null,
};

const isProtocol = (text: string): text is Protocol => text === 'TCP' || text === 'UDP';
const kinds: ReadonlySet<string> = new Set(changeKinds);
const isKind = (text: string): boolean => text === '' || kinds.has(text);
const familyOf = (address: string): AddressFamily => (address.includes(':') ? 'IPv6' : 'IPv4');
function remoteTest(layout: Layout): LineTest {
  const place = layout.place('remote port');
  return (line) => line.number(place) !== -1;
}

function onEndpoint(texts: FilterTexts): (about: Partial<Endpoint>) => boolean {
  const { endpoint } = compileFilter(texts);
  return (about) => endpoint({ ...someEndpoint, ...about });
}

function onOwner(texts: FilterTexts): (part: OwnerPart) => boolean {
  const { process } = compileFilter(texts);
  return ({ name, user, services }) =>
    process?.({ ...unknownProcess(0), name, user, services }) ?? true;
}

function stateTest(layout: Layout, texts: FilterTexts): LineTest {
  const test = onEndpoint(texts);
  if (!layout.has('state')) return deducedStateTest(layout, (state) => test({ state }));
  return columnTest(layout, 'state', (raw) => {
    const state = readState(raw);
    return state === null ? raw !== '' : test({ state });
  });
}

/** UDP is always Bound; what has no other end listens; of the rest nothing is known. */
function deducedStateTest(layout: Layout, test: (state: State) => boolean): LineTest {
  const protocol = layout.place('protocol');
  const hasRemote = remoteTest(layout);
  const [udp, listener] = [test('Bound'), test('Listen')];
  return (line) => (line.raw(protocol) === 'UDP' ? udp : !hasRemote(line) && listener);
}

function portTest(layout: Layout, texts: readonly string[], ...columns: PortColumn[]): LineTest {
  const test = numberTest('port', texts, 65_535);
  const places = columns.map((column) => layout.place(column));
  return (line) =>
    places.some((place) => {
      const port = line.number(place);
      return Number.isNaN(port) || test(port);
    });
}

function processIdTest(layout: Layout, texts: readonly string[]): LineTest {
  const test = numberTest('processId', texts, 4_294_967_295);
  const place = layout.place('PID');
  return (line) => {
    const pid = line.number(place);
    return Number.isNaN(pid) || (pid > 0 && test(pid));
  };
}

function addressTest(
  layout: Layout,
  column: PortColumn,
  test: (address: string) => boolean,
): LineTest {
  return columnTest(layout, column, (raw) => parseAddress(raw) === null || test(raw));
}

type Maker = (layout: Layout, texts: readonly string[]) => LineTest;
type FilterName = Exclude<keyof ChangeFilterTexts, 'listening'>;

const makers: readonly (readonly [name: FilterName, make: Maker])[] = [
  ['localPort', (layout, texts) => portTest(layout, texts, 'local port')],
  ['remotePort', (layout, texts) => portTest(layout, texts, 'remote port')],
  ['port', (layout, texts) => portTest(layout, texts, 'local port', 'remote port')],
  ['processId', processIdTest],
  [
    'protocol',
    (layout, texts) => {
      const test = onEndpoint({ protocol: texts });
      return columnTest(layout, 'protocol', (raw) => !isProtocol(raw) || test({ protocol: raw }));
    },
  ],
  [
    'change',
    (layout, texts) => {
      const kinds = choice('change', texts, changeKinds);
      return columnTest(layout, 'change', (raw) => kinds.has(raw) || !isKind(raw));
    },
  ],
  ['state', (layout, texts) => stateTest(layout, { state: texts })],
  [
    'addressFamily',
    (layout, texts) => {
      const test = onEndpoint({ addressFamily: texts });
      return addressTest(layout, 'local IP address', (raw) => test({ family: familyOf(raw) }));
    },
  ],
  [
    'localAddress',
    (layout, texts) => {
      const test = onEndpoint({ localAddress: texts });
      return addressTest(layout, 'local IP address', (localAddress) => test({ localAddress }));
    },
  ],
  [
    'remoteAddress',
    (layout, texts) => {
      const test = onEndpoint({ remoteAddress: texts });
      const ofColumn = addressTest(layout, 'remote IP address', (remoteAddress) =>
        test({ remoteAddress }),
      );
      const hasRemote = remoteTest(layout);
      return (line) => hasRemote(line) && ofColumn(line);
    },
  ],
  [
    'processName',
    (layout, texts) => ownerColumnTest(layout, 'module', onOwner({ processName: texts })),
  ],
  ['user', (layout, texts) => ownerColumnTest(layout, 'user context', onOwner({ user: texts }))],
  ['service', (layout, texts) => ownerColumnTest(layout, 'service', onOwner({ service: texts }))],
  [
    'namespace',
    (layout, texts) => {
      const test = onEndpoint({ namespace: texts });
      return ownerColumnTest(layout, 'namespace', ({ namespace }) => test({ namespace }));
    },
  ],
];

/** Throws where a filter can't be understood. */
export function compileLineFilter(layout: Layout, texts: ChangeFilterTexts): LineTest[] {
  compileChangeFilter(texts); // refuses in the user's words what the makers would refuse in theirs
  const tests: LineTest[] = [];
  for (const [name, make] of makers) {
    const given = texts[name];
    if (given !== undefined) tests.push(make(layout, [given].flat()));
  }
  if (texts.listening === true) tests.push(stateTest(layout, { listening: true }));
  return tests;
}
