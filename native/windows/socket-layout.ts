// The rows of the TCP and UDP tables as bytes. Layouts are those of tcpmib.h and udpmib.h for
// 64-bit Windows; a test has a C compiler compare every number with the headers
// (tests/worker/windows-layouts.test.ts).

/** Offsets within a row; -1 where the row has no such field. */
export interface RowLayout {
  /** The name of the structure in its header. */
  readonly struct: string;
  readonly protocol: 'TCP' | 'UDP';
  readonly family: 'IPv4' | 'IPv6';
  readonly size: number;
  /** Where the first row stands in the table, behind DWORD dwNumEntries and its padding. */
  readonly firstRow: number;
  readonly state: number;
  readonly localAddress: number;
  readonly localScope: number;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remoteScope: number;
  readonly remotePort: number;
  readonly pid: number;
  /** ULONGLONG OwningModuleInfo[TCPIP_OWNING_MODULE_SIZE]. */
  readonly moduleInfo: number;
}

/** TCPIP_OWNING_MODULE_SIZE is 16 (iprtrmib.h). */
export const moduleInfoSize = 16 * 8;

const tcp4 = {
  protocol: 'TCP',
  family: 'IPv4',
  state: 0,
  localAddress: 4,
  localScope: -1,
  localPort: 8,
  remoteAddress: 12,
  remoteScope: -1,
  remotePort: 16,
  pid: 20,
} as const;

const tcp6 = {
  protocol: 'TCP',
  family: 'IPv6',
  localAddress: 0,
  localScope: 16,
  localPort: 20,
  remoteAddress: 24,
  remoteScope: 40,
  remotePort: 44,
  state: 48,
  pid: 52,
} as const;

const noRemote = { state: -1, remoteAddress: -1, remoteScope: -1, remotePort: -1 } as const;

const udp4 = {
  ...noRemote,
  protocol: 'UDP',
  family: 'IPv4',
  localAddress: 0,
  localScope: -1,
  localPort: 4,
  pid: 8,
} as const;

const udp6 = {
  ...noRemote,
  protocol: 'UDP',
  family: 'IPv6',
  localAddress: 0,
  localScope: 16,
  localPort: 20,
  pid: 24,
} as const;

// The owner-pid rows hold four-byte fields only, so the first one follows the count directly; the
// owner-module rows hold eight-byte fields, so it is padded to 8.
const ownerPid = { firstRow: 4, moduleInfo: -1 } as const;

/** One table of the system, with the layout of either class in which it can be asked for. */
export interface TableLayouts {
  readonly ownerModule: RowLayout;
  readonly ownerPid: RowLayout;
}

export const tables: readonly TableLayouts[] = [
  {
    ownerModule: {
      ...tcp4,
      struct: 'MIB_TCPROW_OWNER_MODULE',
      firstRow: 8,
      size: 160,
      moduleInfo: 32,
    },
    ownerPid: { ...tcp4, ...ownerPid, struct: 'MIB_TCPROW_OWNER_PID', size: 24 },
  },
  {
    ownerModule: {
      ...tcp6,
      struct: 'MIB_TCP6ROW_OWNER_MODULE',
      firstRow: 8,
      size: 192,
      moduleInfo: 64,
    },
    ownerPid: { ...tcp6, ...ownerPid, struct: 'MIB_TCP6ROW_OWNER_PID', size: 56 },
  },
  {
    ownerModule: {
      ...udp4,
      struct: 'MIB_UDPROW_OWNER_MODULE',
      firstRow: 8,
      size: 160,
      moduleInfo: 32,
    },
    ownerPid: { ...udp4, ...ownerPid, struct: 'MIB_UDPROW_OWNER_PID', size: 12 },
  },
  {
    ownerModule: {
      ...udp6,
      struct: 'MIB_UDP6ROW_OWNER_MODULE',
      firstRow: 8,
      size: 176,
      moduleInfo: 48,
    },
    ownerPid: { ...udp6, ...ownerPid, struct: 'MIB_UDP6ROW_OWNER_PID', size: 28 },
  },
];

/** MIB_TCPROW2 and MIB_TCP6ROW2: the rows of the tables of bound sockets. */
export const boundTables: readonly RowLayout[] = [
  { ...tcp4, ...ownerPid, struct: 'MIB_TCPROW2', size: 28 },
  { ...tcp6, ...ownerPid, struct: 'MIB_TCP6ROW2', size: 60 },
];
