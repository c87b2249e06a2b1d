// The Windows service host is committed compiled, as nobody who installs the module has a compiler;
// this makes it anew. mingw-w64 makes what is committed, the same bytes every time; MSVC (in its
// developer prompt) shows that the source is good for both, and its program stays below .cache.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './shell.ts';

const source = 'native/service-host';
export const serviceHost = `${source}/portreporter-service.exe`;

type Command = readonly [program: string, ...args: string[]];

const sources = ['main', 'service', 'recorder', 'event-log'].map((name) => `${source}/${name}.cpp`);
const defines = ['-D_WIN32_WINNT=0x0A00', '-DUNICODE', '-D_UNICODE'];

/** Texts of the event log, resources, program. No time stamp: it would differ every time. */
const mingw = (made: string, output: string): Command[] => [
  ['x86_64-w64-mingw32-windmc', '-U', '-h', made, '-r', made, `${source}/messages.mc`],
  [
    ...(['x86_64-w64-mingw32-windres', '-I', made, '-O', 'coff'] as const),
    ...[`${source}/service-host.rc`, join(made, 'resource.o')],
  ],
  [
    ...(['x86_64-w64-mingw32-g++-posix', '-std=c++17', '-Os', '-Wall', '-Wextra'] as const),
    ...['-Werror', ...defines, '-I', made, '-fno-exceptions', '-fno-rtti', '-static', '-s'],
    ...['-ffunction-sections', '-Wl,--gc-sections', '-Wl,--no-insert-timestamp'],
    ...[...sources, join(made, 'resource.o'), '-o', output, '-ladvapi32'],
  ],
];

const msvc = (made: string, output: string): Command[] => [
  ['mc', '-U', '-h', made, '-r', made, `${source}/messages.mc`],
  ['rc', '/nologo', '/I', made, '/fo', join(made, 'resource.res'), `${source}/service-host.rc`],
  [
    ...(['cl', '/nologo', '/std:c++17', '/O1', '/W4', '/WX', '/MT', '/GR-'] as const),
    ...[...defines, '/I', made, `/Fo${made}\\`, `/Fe${output}`, ...sources],
    ...[join(made, 'resource.res'), 'advapi32.lib'],
  ],
];

async function runAll(root: string, commands: readonly Command[]): Promise<number> {
  for (const [program, ...args] of commands) {
    const code = await run(program, args, { cwd: root });
    if (code !== 0) return code;
  }
  return 0;
}

/** `output`: where the program goes, if not to the place of the committed one. */
export async function buildServiceHost(root: string, [output]: readonly string[]): Promise<number> {
  const made = join(root, '.cache/service-host');
  mkdirSync(made, { recursive: true });
  if (process.platform !== 'win32') return await runAll(root, mingw(made, output ?? serviceHost));
  return await runAll(root, msvc(made, output ?? join(made, 'portreporter-service.exe')));
}
