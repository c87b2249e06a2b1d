// The two ways in which BPF can fail us: the machine does not allow it, or our own file is damaged.

/** `reason` is one plain sentence for people: what is missing here, and what would help. */
export class BpfUnavailable extends Error {
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`BPF is not available: ${reason}`, cause === undefined ? undefined : { cause });
    this.name = 'BpfUnavailable';
    this.reason = reason;
  }
}

/** An ELF or BTF file whose bytes contradict themselves. */
export class MalformedObject extends Error {
  constructor(what: string, contradiction: string) {
    super(`${what} is damaged: ${contradiction}`);
    this.name = 'MalformedObject';
  }
}
