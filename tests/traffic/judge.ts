// Holds what was told against what happened: every end is seen, in order, once, and in the end with
// the process that had it.

import { type End, placeOf } from './truth.ts';

/** A change as PowerShell gets it, as far as it is judged. */
export interface ToldChange {
  readonly Change: string;
  readonly Time: string;
  readonly Protocol: string | null;
  readonly LocalAddress: string | null;
  readonly LocalPort: number | null;
  readonly RemoteAddress: string | null;
  readonly RemotePort: number | null;
  readonly State: string | null;
  readonly PreviousState: string | null;
  readonly OwningProcess: number | null;
  readonly PreviousProcess: number | null;
  readonly Namespace: string | null;
  readonly Attribution: string;
  readonly Source: string;
}

export interface Verdict {
  readonly ends: number;
  readonly seen: number;
  /** Seen, and credited to the right process in the last record. */
  readonly right: number;
  /** Credited to another process than the right one in the last record; nobody is not wrong. */
  readonly wrong: number;
  /** What is not as it should be, in words; the first few of each kind. */
  readonly faults: readonly string[];
}

function told(change: ToldChange): string {
  const { Namespace, Protocol, LocalAddress, LocalPort, RemoteAddress, RemotePort } = change;
  return placeOf({
    namespace: Namespace ?? '',
    protocol: Protocol === 'UDP' ? 'UDP' : 'TCP',
    local: LocalAddress ?? '',
    localPort: LocalPort ?? 0,
    remote: RemoteAddress,
    remotePort: RemotePort,
  });
}

const line = (change: ToldChange): string =>
  `${change.Time.slice(17, 26)} ${change.Change} ${change.PreviousState ?? ''}>${change.State}` +
  ` ${change.OwningProcess} ${change.Attribution} ${change.Source}`;

/** The changes of one place, cut into lives: each begins with an Appeared. */
function livesOf(changes: readonly ToldChange[]): ToldChange[][] {
  const lives: ToldChange[][] = [];
  for (const change of changes) {
    if (change.Change === 'Appeared' || lives.length === 0) lives.push([]);
    lives.at(-1)?.push(change);
  }
  return lives;
}

/** Listeners that share a port live side by side; each has an owner from its beginning. */
function livesByOwner(changes: readonly ToldChange[]): ToldChange[][] {
  return [...group(changes, ({ OwningProcess }) => String(OwningProcess)).values()].flatMap(
    livesOf,
  );
}

/** What breaks the chain of one life; null where it is whole. */
function breakOf(life: readonly ToldChange[]): string | null {
  let [last] = life;
  if (last?.Change !== 'Appeared') return 'does not begin with Appeared';
  for (const change of life.slice(1)) {
    if (last.Change === 'Disappeared') return 'goes on after its end';
    if (change.Time < last.Time) return 'goes back in time';
    if (change.Change === 'Changed' && change.PreviousState !== last.State) return 'has a hole';
    if (change.Change === 'Changed' && change.State === last.State && change.Protocol === 'TCP') {
      return 'says something twice';
    }
    if (change.Change === 'Reattributed' && change.PreviousProcess !== last.OwningProcess) {
      return 'takes it from another than it had';
    }
    last = change;
  }
  return null;
}

class Faults {
  readonly words: string[] = [];
  readonly #counts = new Map<string, number>();

  add(kind: string, about: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= 3) this.words.push(`${kind}: ${about}`);
  }

  get all(): string[] {
    const more = [...this.#counts].filter(([, count]) => count > 3);
    return [...this.words, ...more.map(([kind, count]) => `${kind}: ${count} in all`)];
  }
}

function group<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const there = groups.get(keyOf(item));
    if (there === undefined) groups.set(keyOf(item), [item]);
    else there.push(item);
  }
  return groups;
}

/** A socket that was bound before it was connected began at another place: its own end alone. Several
 * may have been there one after the other; its own life is the last that began before. */
function withBeginning(places: ReadonlyMap<string, ToldChange[]>, end: End): ToldChange[] {
  const there = places.get(placeOf(end)) ?? [];
  const [first] = there;
  if (first === undefined || first.Change === 'Appeared' || end.remote === null) return there;
  const bound = places.get(placeOf({ ...end, remote: null, remotePort: null })) ?? [];
  const before = livesOf(bound).filter(
    ([begin]) => begin !== undefined && begin.Time <= first.Time,
  );
  return [...(before.at(-1) ?? []), ...there];
}

export function judge(ends: readonly End[], changes: readonly ToldChange[]): Verdict {
  const places = group(
    changes.filter(({ LocalPort }) => LocalPort !== null),
    told,
  );
  const faults = new Faults();
  let [seen, right, wrong] = [0, 0, 0];
  for (const [place, same] of group(ends, placeOf)) {
    const [first] = same;
    const there = first === undefined ? [] : withBeginning(places, first);
    const lives = same.length > 1 && first?.remote === null ? livesByOwner(there) : livesOf(there);
    seen += Math.min(lives.length, same.length);
    if (lives.length < same.length) faults.add('missed', place);
    if (lives.length > same.length) faults.add('told too often', place);
    const owners = same.map(({ pid }) => pid); // nobody knows whose life was the first
    for (const life of lives.slice(0, same.length)) {
      const history = `${place}\n    ${life.map(line).join('\n    ')}`;
      const broken = breakOf(life);
      if (broken !== null) faults.add(broken, history);
      const owner = life.at(-1)?.OwningProcess ?? null;
      const index = owners.indexOf(owner ?? -1);
      if (index >= 0) {
        right += 1;
        owners.splice(index, 1);
      } else {
        if (owner !== null) wrong += 1;
        faults.add(owner === null ? 'nobody' : 'another', `${owners.join()} had ${history}`);
      }
    }
  }
  return { ends: ends.length, seen, right, wrong, faults: faults.all };
}
