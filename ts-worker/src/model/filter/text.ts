// Wildcards as PowerShell users know them (about_Wildcards): `*`, `?`, `[a-z]`, the backtick takes
// the next character as it is. Case does not count. The pattern is walked by hand, since a regular
// expression made of several `*` takes minutes for a long text that nearly fits.

import { invalidFilter } from './invalid.ts';
import { remembered } from './remembered.ts';

export type TextTest = (text: string) => boolean;
type CharacterTest = (character: string) => boolean;

const anyRun = Symbol('*');
type Part = typeof anyRun | CharacterTest;

const accepted = "text with the wildcards * ? [a-z], each '[' closed";

function literal(character: string): CharacterTest {
  const lower = character.toLowerCase();
  return (each) => each === character || each.toLowerCase() === lower;
}

/** The place of the `]` that closes the set opened at `start`; a `]` that comes first is a member. */
function endOfSet(characters: readonly string[], start: number): number {
  for (let i = start + 1; i < characters.length; i++) {
    if (characters[i] === '`') i++;
    else if (characters[i] === ']' && i > start + 1) return i;
  }
  return -1;
}

/** What stands between the brackets: characters and ranges such as `a-z`. */
function setTest(members: readonly string[]): CharacterTest {
  let source = '';
  for (let i = 0; i < members.length; i++) {
    const isEscaped = members[i] === '`' && i + 1 < members.length;
    const member = members[isEscaped ? ++i : i] ?? '';
    const isRange = member === '-' && !isEscaped;
    source += isRange ? member : member.replace(/[\\^[\]-]/, '\\$&');
  }
  const expression = new RegExp(`^[${source}]$`, 'isu');
  return (each) => expression.test(each);
}

function unclosed(filter: string, pattern: string): Error {
  const hint = "Write `[ (with a backtick) for a '[' that is part of the name.";
  return invalidFilter(filter, pattern, accepted, { hint });
}

function parse(filter: string, pattern: string): Part[] {
  const characters = [...pattern];
  const parts: Part[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    if (character === '*') parts.push(anyRun);
    else if (character === '?') parts.push(() => true);
    else if (character === '[') {
      const end = endOfSet(characters, i);
      if (end < 0) throw unclosed(filter, pattern);
      parts.push(setTest(characters.slice(i + 1, end)));
      i = end;
    } else {
      const isEscape = character === '`' && i + 1 < characters.length;
      parts.push(literal(isEscape ? (characters[++i] ?? '') : character));
    }
  }
  return parts;
}

function compile(filter: string, pattern: string): readonly Part[] {
  try {
    return parse(filter, pattern);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error; // a range such as [z-a]
    throw invalidFilter(filter, pattern, accepted);
  }
}

/** Both are walked side by side; where they part, the last `*` takes one character more. */
function fits(parts: readonly Part[], characters: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let star = -1;
  let taken = 0;
  while (at < characters.length) {
    const test = parts[part];
    if (test === anyRun) {
      star = part++;
      taken = at;
    } else if (test?.(characters[at] ?? '')) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++taken;
    } else return false;
  }
  return parts.slice(part).every((rest) => rest === anyRun);
}

export function textTest(filter: string, patterns: readonly string[]): TextTest {
  const compiled = patterns.map((pattern) => compile(filter, pattern));
  return remembered((text) => {
    const characters = [...text];
    return compiled.some((parts) => fits(parts, characters));
  });
}
