// A program and its arguments as Windows wants them: one line, which the program's runtime takes
// apart again (CommandLineToArgvW). Backslashes are themselves but before a quote.

const needsQuotes = /[\s"]|^$/;

function quoteWord(word: string): string {
  if (!needsQuotes.test(word)) return word;
  const escaped = word.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1');
  return `"${escaped}"`;
}

/** The program always stands in quotes: where a path with blanks has none, Windows tries each part of
 * it as a program of its own. A path has no quotes inside. */
export const joinCommandLine = (program: string, args: readonly string[]): string =>
  [`"${program}"`, ...args.map(quoteWord)].join(' ');

/** One word up to the blank or the end behind it. */
function takeWord(line: string, start: number): { word: string; end: number } {
  let word = '';
  let quoted = false;
  let at = start;
  for (; at < line.length && (quoted || !/\s/.test(line[at] ?? '')); at++) {
    const [run = ''] = /^\\*/.exec(line.slice(at)) ?? [];
    const isQuote = line[at + run.length] === '"';
    if (run !== '') {
      word += isQuote ? '\\'.repeat(run.length >> 1) : run;
      at += run.length - 1;
      if (!isQuote) continue;
      at++;
      if (run.length % 2 === 1) {
        word += '"';
        continue;
      }
    }
    if (line[at] === '"') quoted = !quoted;
    else word += line[at];
  }
  return { word, end: at };
}

export function splitCommandLine(line: string): string[] {
  const words: string[] = [];
  let at = line.search(/\S/);
  while (at >= 0 && at < line.length) {
    const { word, end } = takeWord(line, at);
    words.push(word);
    const next = line.slice(end).search(/\S/);
    at = next < 0 ? line.length : end + next;
  }
  return words;
}
