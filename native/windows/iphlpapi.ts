// iphlpapi.dll: the tables of TCP and UDP sockets, and which service stands behind one of them.

import koffi from 'koffi';
import { FilledBuffer } from './bytes.ts';
import { GrowingBuffer } from './growing-buffer.ts';
import { bind, bindOptional, type Handle } from './library.ts';
import type { RowLayout } from './socket-layout.ts';
import { NO_ERROR, unreadable, Win32Error } from './win32-error.ts';

type ExtendedTable = (
  table: Uint8Array,
  size: [number],
  order: number,
  family: number,
  tableClass: number,
  reserved: number,
) => number;

const parameters =
  '(void *table, _Inout_ uint32_t *size, int order, uint32_t family, int tableClass, ' +
  'uint32_t reserved)';

const extendedTables = {
  TCP: bind<ExtendedTable>('iphlpapi', `uint32_t GetExtendedTcpTable${parameters}`),
  UDP: bind<ExtendedTable>('iphlpapi', `uint32_t GetExtendedUdpTable${parameters}`),
};

const families = { IPv4: 2, IPv6: 23 }; // AF_INET and AF_INET6, ws2def.h

/** TCP_TABLE_OWNER_{PID,MODULE}_ALL and UDP_TABLE_OWNER_{PID,MODULE}, iprtrmib.h. */
const classes = { TCP: { pid: 5, module: 8 }, UDP: { pid: 1, module: 2 } };

/** Throws a Win32Error where Windows refuses this table in this class. */
export function readSocketTable(layout: RowLayout, buffer: GrowingBuffer): FilledBuffer {
  const tableClass = classes[layout.protocol][layout.moduleInfo < 0 ? 'pid' : 'module'];
  const read = extendedTables[layout.protocol]();
  const name = layout.protocol === 'TCP' ? 'GetExtendedTcpTable' : 'GetExtendedUdpTable';
  return buffer.fill(`${name} (${layout.family})`, (bytes, size) =>
    read(bytes, size, 0, families[layout.family], tableClass, 0),
  );
}

// Sockets that are bound and neither listen nor are connected stand in no documented table. These
// two calls give them (netstat -q and System Informer use them): each allocates a MIB_TCPTABLE2 or
// MIB_TCP6TABLE2 on the heap it is handed and stores its address.
type BoundTable = (table: [unknown], heap: Handle, flags: number) => number;

const boundParameters = '(_Out_ void **table, intptr_t heap, uint32_t flags)';

const boundTables = {
  IPv4: bindOptional<BoundTable>(
    'iphlpapi',
    `uint32_t InternalGetBoundTcpEndpointTable${boundParameters}`,
  ),
  IPv6: bindOptional<BoundTable>(
    'iphlpapi',
    `uint32_t InternalGetBoundTcp6EndpointTable${boundParameters}`,
  ),
};

const processHeap = bind<() => Handle>('kernel32', 'intptr_t GetProcessHeap()');
const heapSize = bind<(heap: Handle, flags: number, block: unknown) => Handle>(
  'kernel32',
  'intptr_t HeapSize(intptr_t heap, uint32_t flags, void *block)',
);
const heapFree = bind<(heap: Handle, flags: number, block: unknown) => number>(
  'kernel32',
  'int HeapFree(intptr_t heap, uint32_t flags, void *block)',
);

/** Copies a table that a call allocated on the process's heap, and gives the memory back. */
export function copyAllocated(
  what: string,
  allocate: (table: [unknown], heap: Handle) => number,
): FilledBuffer {
  const heap = processHeap()();
  const table: [unknown] = [null];
  const code = allocate(table, heap);
  if (code !== NO_ERROR) throw new Win32Error(what, code);
  if (table[0] === null) throw unreadable(what, 'it is not there');
  try {
    const size = Math.max(0, Number(heapSize()(heap, 0, table[0]))); // -1 where it can't tell
    return new FilledBuffer(what, new Uint8Array(koffi.view(table[0], size)).slice(), 0n);
  } finally {
    heapFree()(heap, 0, table[0]);
  }
}

/** The sockets that are only bound; null on a Windows that does not tell them. */
export function readBoundTable(layout: RowLayout): FilledBuffer | null {
  const read = boundTables[layout.family]();
  if (read === null) return null;
  const what = `The table of bound sockets (${layout.family})`;
  return copyAllocated(what, (table, heap) => read(table, heap, 0));
}

type OwnerModule = (row: Uint8Array, infoClass: number, info: Uint8Array, size: [number]) => number;

const ownerModule = (entry: string): (() => OwnerModule | null) =>
  bindOptional<OwnerModule>(
    'iphlpapi',
    `uint32_t GetOwnerModuleFrom${entry}(void *row, int infoClass, void *info, ` +
      '_Inout_ uint32_t *size)',
  );

const ownerModules: Readonly<Record<string, () => OwnerModule | null>> = {
  MIB_TCPROW_OWNER_MODULE: ownerModule('TcpEntry'),
  MIB_TCP6ROW_OWNER_MODULE: ownerModule('Tcp6Entry'),
  MIB_UDPROW_OWNER_MODULE: ownerModule('UdpEntry'),
  MIB_UDP6ROW_OWNER_MODULE: ownerModule('Udp6Entry'),
};

const TCPIP_OWNER_MODULE_INFO_BASIC = 0; // iprtrmib.h
const moduleInfo = new GrowingBuffer(2048);

/** TCPIP_OWNER_MODULE_BASIC_INFO (iprtrmib.h) begins with PWCHAR pModuleName. */
export function decodeOwnerModule(info: FilledBuffer): string | null {
  const name = info.pointer(0);
  return name === null ? null : info.terminatedText(name);
}

/** The name of the module that opened the socket: a service's name, or else a program's. Null where
 * Windows does not know it, or has not got the call. `row` is a row of an owner-module table. */
export function readOwnerModule(layout: RowLayout, row: Uint8Array): string | null {
  const read = ownerModules[layout.struct]?.() ?? null;
  if (read === null) return null;
  const info = moduleInfo.tryFill('GetOwnerModuleFromTcpEntry and kin', (bytes, size) =>
    read(row, TCPIP_OWNER_MODULE_INFO_BASIC, bytes, size),
  );
  return info === null ? null : decodeOwnerModule(info);
}
