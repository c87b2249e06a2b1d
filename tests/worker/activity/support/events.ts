// Events made up for tests of the model: records as the kernel writes them, and all that they drive.

import {
  EventKind,
  eventOffsets,
  processEventOffsets,
  socketEventOffsets,
} from '../../../../native/linux/bpf/event-record.ts';
import { EndpointModel } from '../../../../ts-worker/src/activity/endpoint-model.ts';
import { EventRules } from '../../../../ts-worker/src/activity/event-rules.ts';
import { Images } from '../../../../ts-worker/src/activity/images.ts';
import { KernelEvent } from '../../../../ts-worker/src/activity/kernel-event.ts';
import { parseAddress } from '../../../../ts-worker/src/model/address.ts';
import type { Change } from '../../../../ts-worker/src/model/change.ts';
import type { ProcessFacts } from '../../../../ts-worker/src/model/process.ts';

/** include/net/tcp_states.h */
export const tcp = {
  established: 1,
  synSent: 2,
  synReceived: 3,
  finWait1: 4,
  finWait2: 5,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
} as const;

export interface MadeEvent {
  readonly kind?: number;
  /** Milliseconds since boot. */
  readonly at?: number;
  readonly pid?: number;
  /** Milliseconds since boot. */
  readonly started?: number;
  readonly uid?: number;
  readonly name?: string;
  readonly isKernelThread?: boolean;
  readonly cookie?: number;
  readonly from?: number;
  readonly to?: number;
  readonly gotFin?: boolean;
  readonly failed?: boolean;
  readonly orphaned?: boolean;
  readonly udp?: boolean;
  /** `127.0.0.1 80` */
  readonly local?: string;
  readonly remote?: string;
  readonly namespace?: number;
  readonly parent?: number;
  readonly path?: string;
}

const recordSize = 320;

function writeEnd(view: DataView, text: string, address: number, port: number): number {
  const [host = '', number = '0'] = text.split(' ');
  const bytes = parseAddress(host);
  if (bytes === null) throw new RangeError(`${host} is no address`);
  new Uint8Array(view.buffer).set(bytes, address);
  view.setUint16(port, Number(number), true);
  return bytes.length === 4 ? 2 : 10;
}

function writeSocket(view: DataView, made: MadeEvent): void {
  const { local = '0.0.0.0 0', remote } = made;
  const at = socketEventOffsets;
  view.setBigUint64(at.cookie, BigInt(made.cookie ?? 1), true);
  view.setUint8(at.oldState, made.from ?? tcp.close);
  view.setUint8(at.newState, made.to ?? tcp.close);
  view.setUint8(at.gotFin, Number(made.gotFin ?? false));
  view.setUint8(at.failed, Number(made.failed ?? false));
  view.setUint8(at.orphaned, Number(made.orphaned ?? false));
  view.setUint16(at.protocol, made.udp ? 17 : 6, true);
  view.setUint32(at.netNamespace, made.namespace ?? 1, true);
  const family = writeEnd(view, local, at.local, at.localPort);
  view.setUint16(at.family, family, true);
  if (remote !== undefined) writeEnd(view, remote, at.remote, at.remotePort);
}

function writeProcess(view: DataView, { parent = 0, path = '' }: MadeEvent): void {
  view.setUint32(processEventOffsets.parent, parent, true);
  view.setUint32(processEventOffsets.pathLength, path.length + 1, true);
  new Uint8Array(view.buffer).set(Buffer.from(path), processEventOffsets.path);
}

/** A record of the ring. */
export function recordOf(made: MadeEvent): DataView {
  const view = new DataView(new ArrayBuffer(recordSize));
  const { kind = EventKind.State } = made;
  const nanoseconds = (milliseconds: number) => BigInt(Math.round(milliseconds * 1e6));
  view.setBigUint64(eventOffsets.time, nanoseconds(made.at ?? 1000), true);
  view.setBigUint64(eventOffsets.started, nanoseconds(made.started ?? 100), true);
  view.setUint32(eventOffsets.kind, kind, true);
  view.setUint32(eventOffsets.pid, made.pid ?? 10, true);
  view.setUint32(eventOffsets.uid, made.uid ?? 0, true);
  view.setUint32(eventOffsets.isKernelThread, Number(made.isKernelThread ?? false), true);
  new Uint8Array(view.buffer).set(Buffer.from(made.name ?? 'program'), eventOffsets.name);
  if (kind <= EventKind.Released) writeSocket(view, made);
  else writeProcess(view, made);
  return view;
}

export const bootMoment = 1_700_000_000_000;

/** A model with its rules, and processes that are as alive as the test wants. */
export class Bench {
  /** What the process tables would say. */
  readonly alive = new Map<number, ProcessFacts>();
  readonly images = new Images(
    { read: async (pids) => new Map([...this.alive].filter(([pid]) => pids.has(pid))) },
    { learn: async () => {}, of: (uid) => `user ${uid}` },
  );
  readonly model = new EndpointModel((process) => this.images.hasEnded(process));
  readonly rules = new EventRules(this.model, this.images);
  readonly #event = new KernelEvent((inode) => (inode === 1 ? 'default' : `namespace ${inode}`));
  #now = 1000;

  /** The event at the moment, for what takes one by itself. */
  event(made: MadeEvent): KernelEvent {
    this.#now += 1;
    this.#event.look(recordOf({ at: this.#now, ...made }), 0);
    this.#event.bootMoment = bootMoment;
    return this.#event;
  }

  /** Applies events, a millisecond after one another, and gives the changes they make. */
  apply(...events: readonly MadeEvent[]): Change[] {
    for (const made of events) this.rules.apply(this.event(made));
    return this.model.takeChanges();
  }

  applyEarly(...events: readonly MadeEvent[]): Change[] {
    for (const made of events) this.rules.applyEarly(this.event(made));
    return this.model.takeChanges();
  }
}

/** A change in one line: `Changed SynSent>Established 127.0.0.1:5>127.0.0.1:80 of 10 Kernel`. */
export function say(change: Change): string {
  if (change.kind === 'Gap') return `Gap ${change.missed}`;
  const owner = change.ownership.owner?.pid ?? 'nobody';
  const how = change.ownership.attribution;
  if (change.kind === 'ProcessExited') return `ProcessExited ${owner}`;
  const { localAddress, localPort, remoteAddress, remotePort, state } = change.endpoint;
  const remote = remoteAddress === null ? '' : `>${remoteAddress}:${remotePort}`;
  const was = change.previousState === null ? '' : `${change.previousState}>`;
  const inferred = change.source === 'Kernel' ? '' : ` ${change.source}`;
  const ends = `${localAddress}:${localPort}${remote}`;
  return `${change.kind} ${was}${state} ${ends} of ${owner} ${how}${inferred}`;
}

/** The endpoints that a model holds, by their cookies. */
export const cookiesIn = (model: EndpointModel): number[] =>
  [...model.entries.values()].map(({ cookie }) => cookie);
