// Who owns a thing and who may do what to it: a SECURITY_DESCRIPTOR in its self-relative form, as
// Windows hands it out. A pure decoder over bytes. Layouts: winnt.h (SECURITY_DESCRIPTOR_RELATIVE,
// ACL, ACCESS_ALLOWED_ACE and its kin) and [MS-DTYP] 2.4.

import { FilledBuffer } from './bytes.ts';
import { formatSid, sidAt } from './sid.ts';
import { unreadable } from './win32-error.ts';

/** One entry of an access list. */
export interface AccessEntry {
  /** Audit and label entries grant nothing; neither does a kind that is not known here. */
  readonly kind: 'Allow' | 'Deny' | 'Other';
  /** Only for what is made below, not for the thing itself. */
  readonly inheritOnly: boolean;
  /** ACCESS_MASK. */
  readonly mask: number;
  readonly sid: string;
}

export interface SecurityDescriptor {
  readonly owner: string | null;
  /** Nothing is inherited from above. */
  readonly isProtected: boolean;
  /** Null: there is no list, and everybody may do everything. */
  readonly entries: readonly AccessEntry[] | null;
}

export const descriptorOffsets = { control: 2, owner: 4, dacl: 16 };
const descriptorSize = 20;
export const aclOffsets = { size: 2, count: 4 };
const aclSize = 8;
export const aceOffsets = { type: 0, flags: 1, size: 2, mask: 4, sid: 8 };

const SE_DACL_PRESENT = 0x0004;
export const SE_DACL_PROTECTED = 0x1000;
const INHERIT_ONLY_ACE = 0x08;

/** What ACE types mean; those with objects or conditions carry more between mask and SID. */
const ACCESS_ALLOWED_ACE_TYPE = 0x0;
const ACCESS_DENIED_ACE_TYPE = 0x1;
const ACCESS_ALLOWED_OBJECT_ACE_TYPE = 0x5;
const ACCESS_ALLOWED_CALLBACK_ACE_TYPE = 0x9;
const ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE = 0xb;

const grants: ReadonlySet<number> = new Set([
  ACCESS_ALLOWED_ACE_TYPE,
  ACCESS_ALLOWED_CALLBACK_ACE_TYPE, // perhaps: under a condition
]);
const objectGrants: ReadonlySet<number> = new Set([
  ACCESS_ALLOWED_OBJECT_ACE_TYPE,
  ACCESS_ALLOWED_CALLBACK_OBJECT_ACE_TYPE,
]);

const kindOf = (type: number): AccessEntry['kind'] => {
  if (grants.has(type)) return 'Allow';
  return type === ACCESS_DENIED_ACE_TYPE ? 'Deny' : 'Other';
};

function entryAt(list: FilledBuffer, at: number): AccessEntry {
  list.check(at, aceOffsets.sid);
  const type = list.view.getUint8(at + aceOffsets.type);
  // Files have none of these; one that is there anyway must not be passed over.
  if (objectGrants.has(type)) throw unreadable(list.what, 'it has an entry for objects');
  const kind = kindOf(type);
  return {
    kind,
    inheritOnly: (list.view.getUint8(at + aceOffsets.flags) & INHERIT_ONLY_ACE) !== 0,
    mask: list.view.getUint32(at + aceOffsets.mask, true),
    sid: kind === 'Other' ? '' : formatSid(sidAt(list, at + aceOffsets.sid)),
  };
}

function entriesAt(list: FilledBuffer, start: number): AccessEntry[] {
  list.check(start, aclSize);
  const end = start + list.view.getUint16(start + aclOffsets.size, true);
  list.check(start, end - start);
  const count = list.view.getUint16(start + aclOffsets.count, true);
  const entries: AccessEntry[] = [];
  for (let at = start + aclSize; entries.length < count; ) {
    entries.push(entryAt(list, at));
    const size = list.view.getUint16(at + aceOffsets.size, true);
    if (size < aceOffsets.sid || at + size > end) {
      throw unreadable(list.what, `an entry of ${size} bytes at ${at} of ${end}`);
    }
    at += size;
  }
  return entries;
}

export function decodeSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  const buffer = new FilledBuffer('The security descriptor', bytes, 0n);
  buffer.check(0, descriptorSize);
  const control = buffer.view.getUint16(descriptorOffsets.control, true);
  const owner = buffer.view.getUint32(descriptorOffsets.owner, true);
  const dacl = buffer.view.getUint32(descriptorOffsets.dacl, true);
  const hasList = (control & SE_DACL_PRESENT) !== 0 && dacl !== 0;
  return {
    owner: owner === 0 ? null : formatSid(sidAt(buffer, owner)),
    isProtected: (control & SE_DACL_PROTECTED) !== 0,
    entries: hasList ? entriesAt(buffer, dacl) : null,
  };
}
