// All processes that the events speak of, by pid; bounded, as what ended is forgotten after a while.

import type { UserNames } from '../../../native/linux/users.ts';
import { isSameStart } from '../model/process.ts';
import type { ProcessReader } from '../processes/source.ts';
import { Image, type ImageEvent } from './image.ts';

/** Sockets of a process are closed after its exit is told; later nobody asks for it any more. */
const rememberEnded = 10_000;
const mostImages = 100_000;

export class Images {
  readonly #reader: ProcessReader;
  readonly #users: UserNames;
  readonly #current = new Map<number, Image>();
  readonly #ended: { readonly image: Image; readonly at: number }[] = [];
  #unread = new Set<Image>();

  constructor(reader: ProcessReader, users: UserNames) {
    this.#reader = reader;
    this.#users = users;
  }

  /** The image of the process that did something just now. */
  of(event: ImageEvent): Image {
    const known = this.#current.get(event.pid);
    if (known !== undefined && isSameStart(known.startTime, event.startTime)) return known;
    return this.#add(new Image(event, { path: null, typed: null }));
  }

  /** Like `of`, and somebody will want to know its facts. */
  wanted(event: ImageEvent): Image {
    const image = this.of(event);
    if (!image.isRead) this.#unread.add(image);
    return image;
  }

  executed(event: ImageEvent, typedPath: string): void {
    this.#add(new Image(event, { path: `${typedPath} (as typed)`, typed: typedPath }));
  }

  /** A child runs its parent's program until it executes another. */
  forked(child: ImageEvent, parent: number): void {
    const { path = null, executable } = this.#current.get(parent) ?? {};
    this.#add(new Image(child, { path, typed: executable?.typed ?? null }));
  }

  exited(event: ImageEvent, now: number): Image {
    const image = this.of(event);
    this.#ended.push({ image, at: now });
    return image;
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

  /** Reads the facts of all that are wanted; the user's name where the process is already gone. */
  async readWanted(): Promise<void> {
    if (this.#unread.size === 0) return;
    const wanted = this.#unread;
    this.#unread = new Set();
    const pids = new Set([...wanted].map(({ pid }) => pid));
    const facts = await this.#reader.read(pids, { modules: false });
    await this.#users.learn([...wanted].map(({ uid }) => uid));
    for (const image of wanted) {
      image.isRead = true;
      const read = facts.get(image.pid);
      const isCurrent = this.#current.get(image.pid) === image;
      if (read !== undefined && isCurrent && isSameStart(read.startTime, image.startTime)) {
        image.fill(read);
      } else image.user = this.#users.of(image.uid);
    }
  }

  #add(image: Image): Image {
    this.#current.set(image.pid, image);
    return image;
  }
}
