// Wildcards as PowerShell users know them (about_Wildcards): `*`, `?`, `[a-z]`, the backtick takes
// the next character as it is. Case does not count.

import { invalidFilter } from './invalid.ts';

export type TextTest = (text: string) => boolean;

const special = /[.*+?^${}()|[\]\\/-]/g;
const escaped = (text: string): string => text.replace(special, '\\$&');

/** The end of a `[...]` set that begins at `start`, or -1 where it is never closed. */
function endOfSet(pattern: string, start: number): number {
  return pattern.indexOf(']', start + 2);
}

function setToRegExp(set: string): string {
  const inner = set.replace(/[\\^\]]/g, '\\$&');
  return `[${inner}]`;
}

function toRegExpSource(filter: string, pattern: string): string {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? '';
    if (character === '*') source += '.*';
    else if (character === '?') source += '.';
    else if (character === '`' && i + 1 < pattern.length) source += escaped(pattern[++i] ?? '');
    else if (character === '[') {
      const end = endOfSet(pattern, i);
      if (end < 0) {
        throw invalidFilter(filter, pattern, "text with the wildcards * ? [a-z], each '[' closed", {
          hint: "Write `[ (with a backtick) for a '[' that is part of the name.",
        });
      }
      source += setToRegExp(pattern.slice(i + 1, end));
      i = end;
    } else source += escaped(character);
  }
  return source;
}

export function textTest(filter: string, patterns: readonly string[]): TextTest {
  const sources = patterns.map((pattern) => toRegExpSource(filter, pattern));
  try {
    const expression = new RegExp(`^(?:${sources.join('|')})$`, 'isu');
    return (text) => expression.test(text);
  } catch {
    throw invalidFilter(filter, patterns.join(', '), 'text with the wildcards * ? [a-z]');
  }
}
