// One npm parser of CSV alone: node parsers.mjs FOLDER NAME FILE COLUMNS. Makes objects of all records
// and prints how many and the milliseconds. FOLDER has the packages, which only this measurement needs.

import { closeSync, createReadStream, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder = '', name = '', file = '', columns = ''] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const names = columns.split(',');

/** The records behind the header of the log. */
function body() {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('\n26/') + 1);
}

/** The number of its first line. */
function firstLine() {
  const bytes = Buffer.alloc(4096);
  const handle = openSync(file);
  readSync(handle, bytes);
  closeSync(handle);
  const begin = bytes.toString('latin1');
  return begin.slice(0, begin.indexOf('\n26/') + 1).split('\n').length;
}

const parsers = {
  uDSV: async () => {
    const { inferSchema, initParser } = require('udsv');
    const text = `${columns}\n${body()}`;
    return initParser(inferSchema(text)).stringObjs(text).length;
  },
  papaparse: async () => {
    const { parse } = require('papaparse');
    return parse(`${columns}\n${body().trimEnd()}`, { header: true }).data.length;
  },
  'csv-parse': async () => {
    const { parse } = require('csv-parse');
    const options = { columns: names, from_line: firstLine(), relax_column_count: true };
    let count = 0;
    for await (const _ of createReadStream(file).pipe(parse(options))) count += 1;
    return count;
  },
};

const begun = performance.now();
const rows = await parsers[name]();
process.stdout.write(`${JSON.stringify({ rows, milliseconds: performance.now() - begun })}\n`);
