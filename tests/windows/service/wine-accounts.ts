// Stands in for native/windows/file-security.ts in the worker that the service tests install. Wine
// knows one user, to whom every file belongs, and hands nothing on from above; on Windows that would
// be Administrators, and the access list protected. Everything else is the real thing: what others
// may do there comes from the modes of the files.

import * as real from '../../../native/windows/file-security.ts';
import { wineUser } from './wine-user.ts';

export const { makeDirectory, readSecurity, attributesLayout } = real;
export type { PathFacts } from '../../../native/windows/file-security.ts';

const administrators = 'S-1-5-32-544';
const translate = <Sid extends string | null>(sid: Sid): Sid | typeof administrators =>
  sid === wineUser ? administrators : sid;

export function readPathFacts(path: string, links: 'Follow' | 'Open'): real.PathFacts {
  const facts = real.readPathFacts(path, links);
  const { owner, entries } = facts.security;
  const translated = entries?.map((each) => ({ ...each, sid: translate(each.sid) })) ?? null;
  const security = { owner: translate(owner), isProtected: true, entries: translated };
  return { ...facts, security };
}
