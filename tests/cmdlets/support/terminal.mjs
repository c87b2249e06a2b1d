// A shell on a terminal, typed at: `node terminal.mjs SHELL SETUP STEP…`. The shell is started
// under `script`, which gives it a terminal; SETUP is a file it dot-sources first. A STEP types its
// text and a return, and waits until MARK stands in what the shell prints; where the step says so,
// it then presses Ctrl+C: `{"text":"…","mark":"MARK","interrupt":true}`. What it prints is JSON:
// how many milliseconds each step took, or the shell needed after Ctrl+C until it was ready again.

import { spawn } from 'node:child_process';

const [shell, setup, ...steps] = process.argv.slice(2);
const terminal = spawn('script', ['-qefc', `'${shell}' -NoProfile`, '/dev/null'], {
  env: { ...process.env, NO_COLOR: '1', TERM: 'dumb' },
});
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const limit = 60000;

const escapeKey = '\u001b';
let heard = '';
terminal.stdout.on('data', (data) => {
  const text = data.toString();
  heard += text;
  // A line editor asks where the cursor is, and waits for the answer.
  const questions = text.split('\u001b[6n').length - 1;
  terminal.stdin.write('\u001b[1;1R'.repeat(questions));
});

/** Whether that was heard in time, colours and cursor movements apart. */
async function hears(mark, time = limit) {
  const codes = new RegExp(`${escapeKey}\\[[0-9;?]*[A-Za-z]`, 'g');
  for (let waited = 0; waited < time; waited += 20) {
    if (heard.replace(codes, '').includes(mark)) return true;
    await pause(20);
  }
  return false;
}

async function hear(mark) {
  if (!(await hears(mark))) throw new Error(`'${mark}' was not heard in: ${heard}`);
}

/** A line editor that has just begun misses keys, so return is pressed once the line is seen to stand
 * there; else the line is cleared by Ctrl+U and typed again. The first key is a blank. */
async function type(text, mark) {
  for (let attempt = 0; attempt < 20; attempt++) {
    heard = '';
    terminal.stdin.write(` ${text}`);
    if (await hears(text, 3000)) break;
    terminal.stdin.write('\u0015');
  }
  heard = '';
  terminal.stdin.write('\r');
  await hear(mark);
}

async function run({ text, mark, interrupt }) {
  const start = performance.now();
  await type(text, mark);
  if (!interrupt) return performance.now() - start;
  await pause(300);
  const pressed = performance.now();
  heard = '';
  terminal.stdin.write('\u0003');
  await hear('PS ');
  await pause(300);
  return performance.now() - pressed - 300;
}

try {
  await hear('PS ');
  await pause(300);
  await type(`. '${setup}'`, 'is ready');
  const times = [];
  for (const step of steps) times.push(Math.round(await run(JSON.parse(step))));
  terminal.stdin.write('exit\r');
  await Promise.race([new Promise((resolve) => terminal.on('exit', resolve)), pause(5000)]);
  process.stdout.write(`${JSON.stringify(times)}\n`);
} finally {
  terminal.kill();
}
