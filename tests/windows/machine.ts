// What the tests need of Windows beyond the product: sockets as Winsock knows them, handle counts,
// and whether this is Wine. Run on Windows and under Wine alike.

import assert from 'node:assert/strict';
import koffi from 'koffi';

const kernel32 = koffi.load('kernel32.dll');
const ws2 = koffi.load('ws2_32.dll');

function exportsOf(dll: string, name: string): boolean {
  try {
    koffi.load(dll).func(`void ${name}()`);
    return true;
  } catch {
    return false;
  }
}

/** Wine's ntdll says so itself. */
export const underWine: boolean = exportsOf('ntdll.dll', 'wine_get_version');

/** Node counts its time from some moment after the process began: a busy machine makes that seconds,
 * and a wrong zone or epoch would make it a quarter of an hour at the least. */
export function assertOurStart(startTime: number | null | undefined): void {
  const counted = Date.now() - process.uptime() * 1000;
  assert.ok(Math.abs((startTime ?? 0) - counted) < 120_000, `it started at ${startTime}`);
}

const handleCount = kernel32.func(
  'int GetProcessHandleCount(intptr_t process, _Out_ uint32_t *count)',
);

/** How many handles this process has open. */
export function countHandles(): number {
  const count: [number] = [0];
  handleCount(-1, count);
  return count[0];
}

const AF_INET = 2;
const AF_INET6 = 23;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const FIONBIO = 0x8004667e | 0; // ioctlsocket: do not block

const socket = ws2.func('intptr_t socket(int family, int type, int protocol)');
const bind = ws2.func('int bind(intptr_t socket, void *address, int length)');
const listen = ws2.func('int listen(intptr_t socket, int backlog)');
const ioctl = ws2.func('int ioctlsocket(intptr_t socket, int command, _Inout_ uint32_t *argument)');
const receive = ws2.func('int recv(intptr_t socket, void *bytes, int length, int flags)');
const name = ws2.func('int getsockname(intptr_t socket, void *address, _Inout_ int *length)');
const close = ws2.func('int closesocket(intptr_t socket)');

/** sockaddr_in and sockaddr_in6 (ws2def.h) of a loopback address, at any port. */
function loopback(family: 'IPv4' | 'IPv6'): Uint8Array {
  const address = new Uint8Array(family === 'IPv4' ? 16 : 28);
  address[0] = family === 'IPv4' ? AF_INET : AF_INET6;
  if (family === 'IPv4') address.set([127, 0, 0, 1], 4);
  else address[23] = 1;
  return address;
}

/** A socket that only Winsock knows: libuv would read from it by itself. */
export class RawSocket {
  readonly #handle: number | bigint;

  constructor(protocol: 'TCP' | 'UDP', family: 'IPv4' | 'IPv6') {
    const address = loopback(family);
    const type = protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM;
    this.#handle = socket(address[0] ?? 0, type, 0);
    if (bind(this.#handle, address, address.length) !== 0) throw new Error('bind failed');
    if (protocol === 'TCP' && listen(this.#handle, 16) !== 0) throw new Error('listen failed');
  }

  get port(): number {
    const address = new Uint8Array(28);
    name(this.#handle, address, [address.length]);
    return new DataView(address.buffer).getUint16(2);
  }

  /** Asks for data that is not there: it fails at once, and changes nothing on Windows. */
  receive(): void {
    ioctl(this.#handle, FIONBIO, [1]);
    receive(this.#handle, new Uint8Array(1), 1, 0);
  }

  close(): void {
    close(this.#handle);
  }
}

const securityDescriptor = koffi
  .load('advapi32.dll')
  .func(
    'int ConvertStringSecurityDescriptorToSecurityDescriptorW(' +
      'const char16_t *text, uint32_t revision, _Out_ void **descriptor, void *size)',
  );
const setSecurity = koffi
  .load('advapi32.dll')
  .func('int SetKernelObjectSecurity(intptr_t handle, uint32_t kind, void *descriptor)');
const openProcess = kernel32.func(
  'intptr_t OpenProcess(uint32_t access, int inherit, uint32_t pid)',
);
const closeHandle = kernel32.func('int CloseHandle(intptr_t handle)');

const WRITE_DAC = 0x40000;
const DACL_SECURITY_INFORMATION = 4;

/** Lets nobody open the process any more (an access list without an entry). */
export function denyAll(pid: number): void {
  const descriptor: [unknown] = [null];
  if (securityDescriptor('D:P', 1, descriptor, null) === 0) throw new Error('no descriptor');
  const handle = openProcess(WRITE_DAC, 0, pid);
  const done = setSecurity(handle, DACL_SECURITY_INFORMATION, descriptor[0]);
  closeHandle(handle);
  if (done === 0) throw new Error(`process ${pid} would not be closed`);
}

type AllocateTable = (
  table: [unknown],
  order: number,
  heap: number | bigint,
  flags: number,
  family: number,
) => number;

/** An old call that, like those for bound sockets, allocates its table: rows with pid, as OWNER_PID.
 * Wine has it; Windows may have dropped it. */
export const allocateTcpTable: AllocateTable | null = exportsOf(
  'iphlpapi.dll',
  'AllocateAndGetTcpExTableFromStack',
)
  ? koffi
      .load('iphlpapi.dll')
      .func(
        'uint32_t AllocateAndGetTcpExTableFromStack(_Out_ void **table, int order, ' +
          'intptr_t heap, uint32_t flags, uint32_t family)',
      )
  : null;
