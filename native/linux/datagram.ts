// Datagrams to a Unix socket, which Node does not offer (unix(7)). A name that begins with `@` is in
// the abstract namespace: on the wire a zero byte stands for the `@`, and no zero byte ends it.

import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { SystemCallError } from './libc.ts';

/** Linux's numbers, socket.h. */
const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

/** struct sockaddr_un, sys/un.h: the family (two bytes, host order), then the path. */
const pathOffset = 2;
const longestPath = 107;

interface Calls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly sendto: (
    fd: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    address: Uint8Array,
    addressLength: number,
  ) => number;
}

let loaded: Calls | undefined;

function calls(): Calls {
  if (loaded === undefined) {
    const library = koffi.load(null);
    loaded = {
      socket: library.func('int socket(int domain, int type, int protocol)'),
      sendto: library.func(
        'intptr_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t n)',
      ),
    };
  }
  return loaded;
}

function socketAddress(name: string): Uint8Array {
  const path = Buffer.from(name);
  if (path.length > longestPath) throw new RangeError(`'${name}' is too long for a socket's name`);
  const isAbstract = name.startsWith('@');
  if (isAbstract) path[0] = 0;
  const address = Buffer.alloc(pathOffset + path.length + (isAbstract ? 0 : 1));
  new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_UNIX;
  path.copy(address, pathOffset);
  return address;
}

export class DatagramSender {
  readonly #fd: number;
  readonly #address: Uint8Array;

  constructor(name: string) {
    this.#address = socketAddress(name);
    this.#fd = calls().socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (this.#fd < 0) throw new SystemCallError('socket', koffi.errno());
  }

  /** Never waits. Throws where the receiver is gone or takes no more. */
  send(text: string): void {
    const bytes = Buffer.from(text);
    const { length } = this.#address;
    const flags = MSG_DONTWAIT_NOSIGNAL;
    const sent = calls().sendto(this.#fd, bytes, bytes.length, flags, this.#address, length);
    if (sent < 0) throw new SystemCallError('sendto', koffi.errno());
  }

  close(): void {
    closeSync(this.#fd);
  }
}
