// Who could change a file on Windows: security descriptors laid by hand, and the way from a drive
// down to a file.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PathFacts } from '../../native/windows/file-security.ts';
import {
  type AccessEntry,
  decodeSecurityDescriptor,
  type SecurityDescriptor,
} from '../../native/windows/security-descriptor.ts';
import {
  administrators,
  checkPath,
  localSystem,
  machineAccounts,
  repairCommand,
  type Trust,
} from '../../ts-worker/src/trust/windows.ts';
import { Layer } from './windows-lay-tables.ts';

const users = 'S-1-5-32-545';
const authenticated = 'S-1-5-11';

/** struct SID from its text. */
function laySid(text: string): Uint8Array {
  const [, , authority = 0, ...parts] = text.split('-').map(Number);
  const laid = new Layer().u8(1, parts.length, 0, 0, 0, 0, 0, authority);
  for (const part of parts) laid.u32(part);
  return laid.toBytes();
}

interface LaidEntry {
  readonly type?: number;
  readonly flags?: number;
  readonly mask: number;
  readonly sid: string;
}

/** ACCESS_ALLOWED_ACE and its kin: ACE_HEADER, Mask, SID. */
function layEntry({ type = 0, flags = 0, mask, sid }: LaidEntry): Uint8Array {
  const who = laySid(sid);
  const size = 8 + who.length;
  return new Layer()
    .u8(type, flags)
    .u16(size)
    .u32(mask)
    .u8(...who)
    .toBytes();
}

/** SECURITY_DESCRIPTOR_RELATIVE, the list before the owner. `entries`: null for none at all. */
function layDescriptor(
  owner: string,
  entries: readonly LaidEntry[] | null,
  isProtected = false,
): Uint8Array {
  const list = new Layer();
  if (entries !== null) {
    const laid = entries.map(layEntry);
    const size = 8 + laid.reduce((sum, each) => sum + each.length, 0);
    list.u8(2, 0).u16(size).u16(laid.length).u16(0);
    for (const each of laid) list.u8(...each);
  }
  const control = 0x8004 | (isProtected ? 0x1000 : 0); // SE_SELF_RELATIVE, SE_DACL_PRESENT
  const ownerAt = 20 + list.length;
  const laid = new Layer().u8(1, 0).u16(control).u32(ownerAt).u32(0).u32(0);
  laid.u32(entries === null ? 0 : 20);
  return laid
    .add(list)
    .u8(...laySid(owner))
    .toBytes();
}

const all = 0x1f01ff;
const readAndRun = 0x1200a9;
const modify = 0x1301bf;

test('a security descriptor: owner, protection, entries', () => {
  const bytes = layDescriptor(
    administrators,
    [
      { mask: all, sid: localSystem },
      { type: 1, mask: 2, sid: 'S-1-5-21-1-2-3-1001' },
      { flags: 0x0b, mask: modify, sid: authenticated },
      { type: 0x11, mask: 1, sid: 'S-1-16-12288' },
    ],
    true,
  );
  assert.deepEqual(decodeSecurityDescriptor(bytes), {
    owner: administrators,
    isProtected: true,
    entries: [
      { kind: 'Allow', inheritOnly: false, mask: all, sid: localSystem },
      { kind: 'Deny', inheritOnly: false, mask: 2, sid: 'S-1-5-21-1-2-3-1001' },
      { kind: 'Allow', inheritOnly: true, mask: modify, sid: authenticated },
      { kind: 'Other', inheritOnly: false, mask: 1, sid: '' },
    ],
  });
});

test('no list and an empty list are opposites', () => {
  assert.equal(decodeSecurityDescriptor(layDescriptor(users, null)).entries, null);
  assert.deepEqual(decodeSecurityDescriptor(layDescriptor(users, [])).entries, []);
});

test('descriptors that are cut, or lie about lengths, are refused', () => {
  const whole = layDescriptor(administrators, [{ mask: all, sid: localSystem }]);
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.slice(0, length);
    assert.throws(
      () => decodeSecurityDescriptor(cut),
      { code: 'PR_TABLE_UNREADABLE' },
      `${length}`,
    );
  }
  const lying = whole.slice();
  lying[24] = 200; // entries that are not there
  assert.throws(() => decodeSecurityDescriptor(lying), { code: 'PR_TABLE_UNREADABLE' });
  const endless = whole.slice();
  endless[30] = 0; // an entry of no length
  endless[24] = 2;
  assert.throws(() => decodeSecurityDescriptor(endless), { code: 'PR_TABLE_UNREADABLE' });
});

test('an entry that grants in a way that is not understood is not passed over', () => {
  const bytes = layDescriptor(administrators, [{ type: 5, mask: all, sid: users }]);
  assert.throws(() => decodeSecurityDescriptor(bytes), { code: 'PR_TABLE_UNREADABLE' });
});

const entry = (mask: number, sid: string, inheritOnly = false): AccessEntry => ({
  kind: 'Allow',
  inheritOnly,
  mask,
  sid,
});

const own = [entry(all, localSystem), entry(all, administrators)];
const safe: SecurityDescriptor = { owner: administrators, isProtected: false, entries: own };

/** As Windows has them after its installation. */
const drive: SecurityDescriptor = {
  owner: 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
  isProtected: true,
  entries: [
    ...own,
    entry(readAndRun, users),
    entry(0xe0010000, authenticated, true), // (OICIIO) modify
    entry(0x4, authenticated), // add directories
  ],
};

type Thing = Partial<SecurityDescriptor> & { readonly isLink?: boolean };
type Things = Readonly<Record<string, Thing>>;

/** A look at a drive C: with these things on it; the others are safe. */
const lookingAt =
  (things: Things, resolved?: string) =>
  (path: string, links: 'Follow' | 'Open'): PathFacts => {
    const plain = path.replace(/^\\\\\?\\/, '');
    const thing: Thing = things[plain] ?? (plain === 'C:\\' ? drive : {});
    const { isLink = false, ...rights } = thing;
    const finalPath = `\\\\?\\${links === 'Follow' ? (resolved ?? plain) : plain}`;
    return { finalPath, isDirectory: true, isLink, security: { ...safe, ...rights } };
  };

const file = 'C:\\Program Files\\nodejs\\node.exe';
const ofPrograms: Trust = { trusted: machineAccounts, rights: ['Write'] };

const reasonOf = (things: Things, trust = ofPrograms, path = file): string | undefined =>
  checkPath(path, trust, lookingAt(things)).finding?.reason;

test('what Windows itself brings is safe', () => {
  assert.equal(reasonOf({}), undefined);
  assert.equal(reasonOf({ [file]: { entries: [...own, entry(readAndRun, users)] } }), undefined);
});

test('whoever may change the file is named', () => {
  for (const mask of [0x2, 0x4, 0x10000, 0x40000, 0x80000, 0x40000000, 0x10000000, modify]) {
    const found = reasonOf({ [file]: { entries: [...own, entry(mask, users)] } });
    assert.equal(found, `every user of this machine may write to '${file}'`, mask.toString(16));
  }
  assert.match(reasonOf({ [file]: { entries: null } }) ?? '', /^everyone may write to/);
});

test('an owner may give himself every right', () => {
  const found = reasonOf({ [file]: { owner: 'S-1-5-21-1-2-3-1001' } });
  assert.equal(found, `'${file}' belongs to the account S-1-5-21-1-2-3-1001`);
  assert.equal(reasonOf({ [file]: { owner: null } }), `'${file}' belongs to nobody`);
});

test('whoever may replace what is in a directory above is named', () => {
  const folder = 'C:\\Program Files\\nodejs';
  const found = reasonOf({ [folder]: { entries: [...own, entry(0x40, users)] } });
  assert.equal(found, `every user of this machine may replace what is in '${folder}'`);
  const moved = reasonOf({ 'C:\\Program Files': { owner: 'S-1-5-21-1-2-3-1001' } });
  assert.match(moved ?? '', /^'C:\\Program Files' belongs to/);
});

test('adding files beside a program counts where it is asked for, and only there', () => {
  const things = { 'C:\\Program Files\\nodejs': { entries: [...own, entry(0x2, users)] } };
  assert.equal(reasonOf(things), undefined);
  assert.match(reasonOf(things, { ...ofPrograms, above: ['Write'] }) ?? '', /may write to/);
});

test('logs are not for others to read', () => {
  const things = { [file]: { entries: [...own, entry(readAndRun, users)] } };
  const trust: Trust = { trusted: machineAccounts, rights: ['Write', 'Read'] };
  assert.equal(reasonOf(things, trust), `every user of this machine may read '${file}'`);
});

test('links are resolved first; one that comes up in between is noticed', () => {
  const look = lookingAt({}, 'C:\\Users\\me\\node.exe');
  assert.equal(checkPath(file, ofPrograms, look).path, 'C:\\Users\\me\\node.exe');
  assert.match(reasonOf({ 'C:\\Program Files': { isLink: true } }) ?? '', /was changed just now/);
});

test('another machine is not trusted', () => {
  const look = lookingAt({}, 'UNC\\server\\share\\node.exe');
  assert.match(checkPath(file, ofPrograms, look).finding?.reason ?? '', /not on a drive/);
});

test('the command that puts it right names accounts as every Windows knows them', () => {
  assert.equal(
    repairCommand('C:\\a b', true, true),
    'icacls "C:\\a b" /setowner "*S-1-5-32-544"; icacls "C:\\a b" /inheritance:r /grant:r ' +
      '"*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-32-545:(OI)(CI)RX"',
  );
});
