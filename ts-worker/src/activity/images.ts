// All processes that the events speak of, by pid; bounded, as what ended is forgotten after a while.

import type { UserNames } from '../../../native/linux/users.ts';
import { isSameStart, type Ownership, type ProcessFacts } from '../model/process.ts';
import type { ProcessReader } from '../processes/source.ts';
import { Image, type ImageEvent, nobody } from './image.ts';

/** Sockets of a process are closed after its exit is told; later nobody asks for it any more. */
const rememberEnded = 10_000;
const mostImages = 100_000;
/** What runs since before we watched. */
const notExecuted = { path: null, typed: null };

/** Milliseconds in which a program is loaded whole, nearly always. */
const loading = 30;

/** Events have only the beginning of a long name. */
const isOtherName = (read: string | null | undefined, told: string | null): boolean =>
  read != null && told !== null && !read.startsWith(told);

/** Pids of processes that run another program by now. */
export type Executing = ReadonlySet<number>;

type Users = Pick<UserNames, 'learn' | 'of'>;

export interface ActorEvent extends ImageEvent {
  readonly isKernelThread: boolean;
}

export class Images {
  readonly #reader: ProcessReader;
  readonly #users: Users;
  readonly #current = new Map<number, Image>();
  readonly #ended: { readonly image: Image; readonly at: number }[] = [];
  #unread = new Set<Image>();

  constructor(reader: ProcessReader, users: Users) {
    this.#reader = reader;
    this.#users = users;
  }

  /** The image of the process that did something just now. */
  of(event: ImageEvent): Image {
    const known = this.#current.get(event.pid);
    if (known !== undefined && isSameStart(known.startTime, event.startTime)) return known;
    return this.#add(new Image(event, notExecuted));
  }

  /** Who does this now, and somebody will want to know its facts; nobody where it is the kernel itself
   * or can't be seen from our pid namespace. */
  ownerNow(event: ActorEvent): Ownership {
    if (event.isKernelThread || event.pid === 0) return nobody;
    const known = this.of(event);
    const image = known.uid === event.uid ? known : this.#add(known.as(event.uid));
    if (!image.isRead) this.#unread.add(image);
    return image.ownedBy('Kernel');
  }

  /** Facts that were read already. */
  remember(facts: ProcessFacts): void {
    if (facts.startTime === null || this.#current.has(facts.pid)) return;
    const { pid, startTime, name } = facts;
    const image = new Image({ pid, startTime, uid: 0, name: name ?? '' }, notExecuted);
    image.fill(facts);
    this.#add(image);
  }

  executed(event: ImageEvent, typedPath: string): void {
    this.#add(new Image(event, { path: `${typedPath} (as typed)`, typed: typedPath }));
  }

  /** A child runs its parent's program until it executes another. */
  forked(child: ImageEvent, parent: number): void {
    const { path = null, executable } = this.#current.get(parent) ?? {};
    const image = this.#add(new Image(child, { path, typed: executable?.typed ?? null }));
    if (executable === undefined) image.parent = parent;
  }

  exited(event: ImageEvent, now: number): Image {
    const image = this.of(event);
    image.hasEnded = true;
    this.#ended.push({ image, at: now });
    return image;
  }

  /** True where its end was told lately. */
  hasEnded({ pid, startTime }: ProcessFacts): boolean {
    const image = this.#current.get(pid);
    if (image === undefined) return false;
    return image.hasEnded ? isSameStart(image.startTime, startTime) : false;
  }

  forget(now: number): void {
    let [oldest] = this.#ended;
    while (oldest !== undefined && now - oldest.at > rememberEnded) {
      const { image } = oldest;
      if (this.#current.get(image.pid) === image) this.#current.delete(image.pid);
      this.#ended.shift();
      [oldest] = this.#ended;
    }
    if (this.#current.size > mostImages) this.#current.clear();
  }

  /** Reads the facts of all that are wanted; of those already gone, the user's name. A process may
   * have executed another program just before it was read: `settle` gives those of which an exec was
   * heard that is not applied yet. (The kernel tells of it when all of the program is there, but shows it
   * before: one with another name gets time for that.) Where that can't be known (null), what was read is
   * worth nothing: the next who asks for these facts is the next try. */
  async readWanted(settle: () => Promise<Executing | null>): Promise<void> {
    if (this.#unread.size === 0) return;
    const wanted = [...this.#unread];
    this.#unread = new Set();
    const pids = new Set(wanted.flatMap(({ pid, parent }) => [pid, ...(parent ? [parent] : [])]));
    const read = await this.#reader.read(pids, { modules: false });
    const hasOtherName = wanted.some(({ pid, name }) => isOtherName(read.get(pid)?.name, name));
    if (hasOtherName) await new Promise((resolve) => setTimeout(resolve, loading));
    const learning = this.#users.learn(wanted.map(({ uid }) => uid));
    const [executing] = await Promise.all([settle(), learning]);
    for (const pid of executing ?? []) read.delete(pid);
    for (const image of wanted) {
      image.isRead = executing !== null;
      this.#fill(image, executing === null ? new Map() : read);
    }
  }

  /** From the facts of processes that run what they ran when something was told of them. */
  #fill(image: Image, facts: ReadonlyMap<number, ProcessFacts>): void {
    const read = facts.get(image.pid);
    const isCurrent = this.#current.get(image.pid) === image;
    if (read !== undefined && isCurrent && isSameStart(read.startTime, image.startTime)) {
      image.fill(read);
    } else this.#fillGone(image, facts);
  }

  #fillGone(image: Image, facts: ReadonlyMap<number, ProcessFacts>): void {
    image.user = this.#users.of(image.uid);
    const { parent } = image;
    if (image.path !== null || parent === null) return;
    const hasExecuted = this.#current.get(parent)?.executable.typed != null;
    if (!hasExecuted) image.path = facts.get(parent)?.path ?? null;
  }

  /** The clock was set: all images move, also those that only endpoints still know. */
  moveStartTimes(by: number, others: Iterable<Image>): void {
    for (const image of new Set([...this.#current.values(), ...others])) image.startTime += by;
  }

  #add(image: Image): Image {
    this.#current.set(image.pid, image);
    return image;
  }
}
