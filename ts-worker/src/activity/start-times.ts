// Start times of processes are times of day, and the kernel counts from boot. When the clock is set,
// all that we remember move with it; else every process would look like another one.

import type { Ownership } from '../model/process.ts';
import type { EndpointModel } from './endpoint-model.ts';
import { Image } from './image.ts';
import type { Images } from './images.ts';

export function moveStartTimes(model: EndpointModel, images: Images, by: number): void {
  const found = new Set<Image>(images.all());
  const copies = new Map<Ownership, Ownership>();
  for (const entry of model.entries.values()) {
    const { owner } = entry.ownership;
    if (owner instanceof Image) found.add(owner);
    else entry.ownership = copies.get(entry.ownership) ?? moved(entry.ownership, by, copies);
  }
  for (const image of found) image.startTime += by;
}

function moved(ownership: Ownership, by: number, copies: Map<Ownership, Ownership>): Ownership {
  const { owner } = ownership;
  const isKnown = owner !== null && owner.startTime !== null;
  const copy = isKnown
    ? { ...ownership, owner: { ...owner, startTime: (owner.startTime ?? 0) + by } }
    : ownership;
  copies.set(ownership, copy);
  return copy;
}
