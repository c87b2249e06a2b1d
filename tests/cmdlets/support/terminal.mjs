// A shell on a terminal, typed at: `node terminal.mjs SHELL SETUP STEP…`. SHELL is what starts it,
// in a line of `sh`: it is started under `script`, which gives it a terminal, and without a line
// editor, which would lose keys. SETUP is a file it dot-sources first. A STEP types its text and a
// return, and waits until MARK stands in what the shell prints; where the step says so, it then
// presses Ctrl+C: `{"text":"…","mark":"MARK","interrupt":true}`. What it prints is JSON: how many
// milliseconds each step took, or the shell needed after Ctrl+C, until it was ready again.

import { spawn } from 'node:child_process';

const [shell, setup, ...steps] = process.argv.slice(2);
const terminal = spawn('script', ['-qefc', `${shell} -NoProfile -NonInteractive`, '/dev/null'], {
  env: { ...process.env, NO_COLOR: '1', TERM: 'dumb' },
});
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const limit = 60000;

let heard = '';
terminal.stdout.on('data', (data) => {
  const text = data.toString();
  heard += text;
  // .NET asks where the cursor is, and waits for the answer.
  const questions = text.split('\u001b[6n').length - 1;
  terminal.stdin.write('\u001b[1;1R'.repeat(questions));
});

async function hear(mark) {
  for (let waited = 0; !heard.includes(mark); waited += 20) {
    if (waited > limit) throw new Error(`'${mark}' was not heard in: ${heard}`);
    await pause(20);
  }
}

function type(text) {
  heard = '';
  terminal.stdin.write(`${text}\r`);
}

async function run({ text, mark, interrupt }) {
  const start = performance.now();
  type(text);
  await hear(mark);
  if (!interrupt) {
    await hear('PS ');
    return performance.now() - start;
  }
  await pause(300);
  const pressed = performance.now();
  heard = '';
  terminal.stdin.write('\u0003');
  await hear('PS ');
  return performance.now() - pressed;
}

try {
  await hear('PS ');
  type(`. '${setup}'`);
  await hear('is ready');
  await hear('PS ');
  const times = [];
  for (const step of steps) times.push(Math.round(await run(JSON.parse(step))));
  type('exit');
  await Promise.race([new Promise((resolve) => terminal.on('exit', resolve)), pause(5000)]);
  process.stdout.write(`${JSON.stringify(times)}\n`, () => process.exit());
} finally {
  terminal.kill();
}
