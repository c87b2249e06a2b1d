// One socket as the port tables give it: struct port_record of port-record.h; a test compares the two.

export const portRecordSize = 72;

/** Byte offsets in a record; all numbers little endian, addresses in network order. */
export const portOffsets = {
  cookie: 0, // u64, 0 for a connection that is still half-open, or a name from `firstName` on
  inode: 8, // u64, 0 where no process can have it open
  state: 16, // u32
  netNamespace: 24, // u32
  scope: 28, // u32
  family: 32, // u16
  protocol: 34, // u16
  localPort: 36, // u16
  remotePort: 38, // u16
  local: 40, // 16 bytes; an IPv4 address takes the first four
  remote: 56, // 16 bytes
} as const;

/** From here on it is no cookie but a name for one reading of the tables (name.h): nobody asked the kernel
 * yet for the socket's cookie, and some programs can't. */
export const firstName = 2 ** 52;
