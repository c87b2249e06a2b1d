// What a user asks for, compiled once: tests on the endpoint alone, and tests that need its holders.
// Inside one filter any value may match; between filters all must.

import type { Endpoint } from '../endpoint.ts';
import type { ProcessFacts } from '../process.ts';
import { addressTest } from './address.ts';
import { choice, stateChoice } from './choice.ts';
import { invalidFilter } from './invalid.ts';
import { numberTest } from './number.ts';
import { type TextTest, textTest } from './text.ts';

const textFilters = [
  'protocol',
  'state',
  'localAddress',
  'localPort',
  'remoteAddress',
  'remotePort',
  'processId',
  'processName',
  'user',
  'service',
  'addressFamily',
  'namespace',
] as const;
type TextFilter = (typeof textFilters)[number];

export type FilterTexts = Partial<Record<TextFilter, readonly string[]>> & {
  readonly listening?: boolean;
};

/** Highest process id: PID_MAX_LIMIT is 2^22 on Linux; a DWORD on Windows. */
const highestPid = 4_294_967_295;

export interface Filter {
  /** Tests that the endpoint alone answers, run before any process is read; `everything` where there
   * are none. */
  readonly endpoint: (endpoint: Endpoint) => boolean;
  /** Tests on a holder's pid, before any process is read; null where there are none. */
  readonly processId: ((pid: number) => boolean) | null;
  /** Tests on a holder's facts; null where there are none, so that no facts need reading. */
  readonly process: ((facts: ProcessFacts) => boolean) | null;
}

/** Checks what came under the name of a filter. */
export function textsOf(name: string, value: unknown): readonly string[] {
  const texts = Array.isArray(value) ? value : [value];
  if (texts.length === 0 || !texts.every((each) => typeof each === 'string')) {
    throw invalidFilter(name, JSON.stringify(value) ?? 'nothing', 'one or more texts');
  }
  const empty = texts.find((each) => each.trim() === '');
  if (empty !== undefined) throw invalidFilter(name, empty, 'texts that are not empty');
  return texts;
}

type EndpointTest = (endpoint: Endpoint) => boolean;

export const everything: EndpointTest = () => true;

/** How each filter on the endpoint itself is made from its texts. */
const endpointTests: Partial<Record<TextFilter, (texts: readonly string[]) => EndpointTest>> = {
  protocol: (texts) => {
    const chosen = choice('protocol', texts, ['TCP', 'UDP']);
    return ({ protocol }) => chosen.has(protocol);
  },
  state: (texts) => {
    const chosen = stateChoice('state', texts);
    return ({ state }) => chosen.has(state);
  },
  addressFamily: (texts) => {
    const chosen = choice('addressFamily', texts, ['IPv4', 'IPv6']);
    return ({ family }) => chosen.has(family);
  },
  localAddress: (texts) => {
    const test = addressTest('localAddress', texts);
    return ({ localAddress }) => test(localAddress);
  },
  remoteAddress: (texts) => {
    const test = addressTest('remoteAddress', texts);
    return ({ remoteAddress }) => remoteAddress !== null && test(remoteAddress);
  },
  localPort: (texts) => {
    const test = numberTest('localPort', texts, 65_535);
    return ({ localPort }) => test(localPort);
  },
  remotePort: (texts) => {
    const test = numberTest('remotePort', texts, 65_535);
    return ({ remotePort }) => remotePort !== null && test(remotePort);
  },
  namespace: (texts) => {
    const test = textTest('namespace', texts);
    return ({ namespace }) => namespace !== null && test(namespace);
  },
};

type ProcessTest = (facts: ProcessFacts) => boolean;

/** `DOMAIN\name` answers to `name` as well, unless the pattern itself names a domain. */
function userTest(texts: readonly string[]): ProcessTest {
  const test = textTest('user', texts);
  return ({ user }) => user !== null && (test(user) || test(user.slice(user.indexOf('\\') + 1)));
}

const nameTest = (test: TextTest): ProcessTest => {
  return ({ name }) => name !== null && (test(name) || test(name.replace(/\.exe$/i, '')));
};

const processTests: Partial<Record<TextFilter, (texts: readonly string[]) => ProcessTest>> = {
  processName: (texts) => nameTest(textTest('processName', texts)),
  user: userTest,
  service: (texts) => {
    const test = textTest('service', texts);
    return ({ services }) =>
      services?.some((each) => test(each) || test(each.replace(/\.service$/, ''))) ?? false;
  },
};

function made<Test>(
  makers: Partial<Record<TextFilter, (texts: readonly string[]) => Test>>,
  given: ReadonlyMap<TextFilter, readonly string[]>,
): Test[] {
  const tests: Test[] = [];
  for (const [name, texts] of given) {
    const maker = makers[name];
    if (maker !== undefined) tests.push(maker(texts));
  }
  return tests;
}

export function compileFilter(texts: FilterTexts): Filter {
  const given = new Map<TextFilter, readonly string[]>();
  for (const [name, value] of Object.entries(texts)) {
    const known = textFilters.find((each) => each === name);
    if (known !== undefined) given.set(known, textsOf(name, value));
    else if (name !== 'listening') {
      throw invalidFilter(name, name, `one of the filters ${textFilters.join(', ')}, listening`);
    }
  }
  const { listening = false } = texts;
  if (typeof listening !== 'boolean') {
    throw invalidFilter('listening', JSON.stringify(listening), 'true or false');
  }
  const onEndpoint = made(endpointTests, given);
  if (listening) onEndpoint.push(({ state }) => state === 'Listen');
  const onProcess = made(processTests, given);
  const pids = given.get('processId');
  return {
    endpoint: onEndpoint.length === 0 ? everything : (it) => onEndpoint.every((test) => test(it)),
    processId: pids === undefined ? null : numberTest('processId', pids, highestPid),
    process: onProcess.length === 0 ? null : (facts) => onProcess.every((test) => test(facts)),
  };
}
