// Something that PortReporter can make use of where the machine allows it.

export interface Capability {
  readonly name: string;
  readonly usable: boolean;
  /** Why it can't be used, in one plain sentence; null where it can. */
  readonly reason: string | null;
  /** What it is for. */
  readonly use: string;
  /** What was found where it can be used; null where there is no more to tell. */
  readonly detail: string | null;
}
