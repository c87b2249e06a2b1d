// What may stand in a log, made up by fast-check: names as hostile as they can be, and every field
// of a change and of a process.

import fc from 'fast-check';
import type { EndpointChange } from '../../../../ts-worker/src/model/change.ts';
import {
  type Attribution,
  type Endpoint,
  type State,
  states,
} from '../../../../ts-worker/src/model/endpoint.ts';
import type { Ownership, ProcessFacts } from '../../../../ts-worker/src/model/process.ts';

/** The same cases in every run, so that a change and not chance breaks a test; another seed looks
 * further: FAST_CHECK_SEED=7 npm run test:worker logs */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20050706) });

const nasty = [...',";<>%=+-@|#: \t\r\n\0\u007f\u0085\u2028\u2029\ufeff\uff1d\uff0b\ud800\udfff'];
const nastyPieces = [...nasty, '%41', '%2', '%', '<a>', '=1+1', '\x1b[2J', '../', 'é', '😀', 'a'];

/** Any text that a JavaScript string can hold, half surrogate pairs too. */
export const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...nastyPieces), maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 8 }),
  fc.constantFrom('', 'svchost.exe', 'NT AUTHORITY\\SYSTEM', '-', '%', ' a ', '@SUM(1+1)'),
);

/** Objects like any other. */
const plain = { noNullPrototype: true };

const orNull = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> =>
  fc.option(values, { nil: null });

/** Milliseconds with microseconds, of this century. */
export const anyMoment = fc
  .integer({ min: 946_800_000_000_000, max: 4_102_300_000_000_000 })
  .map((micros) => micros / 1000);

export const anyPort = fc.nat(65_535);
const ipv4 = fc.constantFrom('0.0.0.0', '127.0.0.1', '10.1.2.3', '255.255.255.255');
const ipv6 = fc.constantFrom('::', '::1', 'fe80::1%2', '2001:db8::ff', '::ffff:10.0.0.1');

const attributions: readonly Attribution[] = ['Kernel', 'Table', 'Listener', 'Cached', 'None'];
export const anyAttribution = fc.constantFrom(...attributions);

const tcpStates = states.filter((state) => state !== 'Listen');

function endpointOf(
  family: 'IPv4' | 'IPv6',
  [localAddress, localPort]: readonly [string, number],
  remote: readonly [string, number] | null,
  about: Pick<Endpoint, 'protocol' | 'state' | 'namespace'>,
): Endpoint {
  const [remoteAddress, remotePort] = about.state === 'Listen' ? [] : (remote ?? []);
  return {
    ...about,
    family,
    localAddress,
    localPort,
    remoteAddress: remoteAddress ?? null,
    remotePort: remotePort ?? null,
  };
}

const anyKind = fc.oneof(
  fc
    .constantFrom<State>(...tcpStates, 'Listen')
    .map((state) => ({ protocol: 'TCP', state }) as const),
  fc.constant({ protocol: 'UDP', state: 'Bound' } as const),
);

export const anyEndpoint: fc.Arbitrary<Endpoint> = fc
  .constantFrom('IPv4' as const, 'IPv6' as const)
  .chain((family) => {
    const end = fc.tuple(family === 'IPv4' ? ipv4 : ipv6, anyPort);
    return fc
      .tuple(end, orNull(end), anyKind, orNull(anyText))
      .map(([local, remote, kind, namespace]) =>
        endpointOf(family, local, remote, { ...kind, namespace }),
      );
  });

/** What a log keeps of a process: not its command line. */
export const anyProcess: fc.Arbitrary<ProcessFacts> = fc.record(
  {
    pid: fc.integer({ min: 1, max: 4_194_304 }),
    startTime: orNull(anyMoment),
    name: orNull(anyText),
    path: orNull(anyText),
    commandLine: fc.constant(null),
    user: orNull(anyText),
    services: orNull(fc.array(anyText, { maxLength: 3 })),
    modules: fc.constant(null),
  },
  plain,
);

export const anyOwnership: fc.Arbitrary<Ownership> = fc.record(
  {
    owner: orNull(anyProcess),
    sharedWith: fc.constant(null),
    attribution: anyAttribution,
  },
  plain,
);

export const anyChange: fc.Arbitrary<EndpointChange> = fc.record(
  {
    kind: fc.constantFrom('Appeared', 'Changed', 'Reattributed', 'Disappeared'),
    time: anyMoment,
    endpoint: anyEndpoint,
    ownership: anyOwnership,
    previousState: orNull(fc.constantFrom(...states)),
    previousOwner: fc.constant(null),
    source: fc.constant('Kernel'),
  },
  plain,
);
