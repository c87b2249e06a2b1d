// Security identifiers (struct SID, winnt.h): who somebody is, as bytes and as text.

import type { FilledBuffer } from './bytes.ts';
import { unreadable } from './win32-error.ts';

const header = 8; // Revision, SubAuthorityCount, IdentifierAuthority[6]
const mostSubAuthorities = 15; // SID_MAX_SUB_AUTHORITIES

/** The bytes of the SID that begins at `start`. */
export function sidAt(info: FilledBuffer, start: number): Uint8Array {
  info.check(start, header);
  const count = info.bytes[start + 1] ?? 0;
  if (count > mostSubAuthorities) throw unreadable(info.what, `a SID of ${count} parts`);
  const length = header + count * 4;
  info.check(start, length);
  return info.bytes.slice(start, start + length);
}

/** `S-1-5-21-…`, as whoami /user and icacls write it. */
export function formatSid(sid: Uint8Array): string {
  const view = new DataView(sid.buffer, sid.byteOffset, sid.length);
  const authority = view.getUint16(2) * 2 ** 32 + view.getUint32(4);
  const parts = [authority < 2 ** 32 ? authority : `0x${authority.toString(16).padStart(12, '0')}`];
  for (let at = header; at < sid.length; at += 4) parts.push(view.getUint32(at, true));
  return `S-${sid[0]}-${parts.join('-')}`;
}
