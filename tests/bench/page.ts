// docs/benchmarks.md: every benchmark has a section of its own, which it replaces as a whole.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const opening = `# Benchmarks

Written by \`npm run bench\`: measured, not edited. Times on a busy machine move; what was measured in
one run can be compared with one another. Each figure is the median of its rounds.
`;

/** A Markdown table; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

export function writeSection(page: string, name: string, section: string): void {
  const [start, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const block = `${start}\n${section.trim()}\n${end}\n`;
  const before = existsSync(page) ? readFileSync(page, 'utf8') : opening;
  const from = before.indexOf(start);
  const to = before.indexOf(end);
  if (from < 0 || to < from) {
    writeFileSync(page, `${before.trimEnd()}\n\n${block}`);
    return;
  }
  writeFileSync(page, before.slice(0, from) + block + before.slice(to + end.length + 1));
}
