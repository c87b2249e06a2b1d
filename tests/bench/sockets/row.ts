// An endpoint as any of the compared tools can show it.

export interface Row {
  readonly protocol: 'TCP' | 'UDP';
  /** `address:port`, IPv6 without brackets. */
  readonly local: string;
  /** Null where there is no remote end. */
  readonly remote: string | null;
  /** In PortReporter's words; null where a tool has no word for it. */
  readonly state: string | null;
  /** The processes that hold it, as far as the tool shows them. */
  readonly pids: readonly number[];
}

/** What makes two rows the same endpoint. */
export function keyOf({ protocol, local, remote }: Row): string {
  return `${protocol} ${local} ${remote ?? '*'}`;
}
