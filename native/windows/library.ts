// The DLLs of Windows through koffi. Each function is looked up at its first use, so that the same
// bundle starts on Linux, and a function that a Windows lacks is only missed where it is needed.
// DLLs come from System32 by full path: nothing that lies beside node.exe can stand in for them.

import koffi from 'koffi';
import { ReportedError } from '../reported-error.ts';
import { ERROR_INVALID_HANDLE, NO_ERROR } from './win32-error.ts';

/** HANDLE, HMODULE, SC_HANDLE: a number as wide as a pointer. */
export type Handle = number | bigint;

export const systemRoot = (): string => process.env.SystemRoot ?? 'C:\\Windows';

/** A function with its arguments; `async` runs it on a thread of koffi's. */
export type KoffiFunction<Arguments extends unknown[]> = {
  (...args: Arguments): number;
  async(...args: [...Arguments, (error: unknown, result: number) => void]): void;
};

const libraries = new Map<string, ReturnType<typeof koffi.load>>();

function library(name: string): ReturnType<typeof koffi.load> {
  let loaded = libraries.get(name);
  if (loaded === undefined) {
    if (process.arch === 'ia32') {
      throw new ReportedError(
        'PR_PLATFORM_UNSUPPORTED',
        'PortReporter needs a 64-bit Node on Windows; this one is 32-bit.',
        { target: process.execPath, hint: 'Install the x64 or arm64 build of Node 20 or later.' },
      );
    }
    loaded = koffi.load(`${systemRoot()}\\System32\\${name}.dll`);
    libraries.set(name, loaded);
  }
  return loaded;
}

/** A function that every supported Windows has. The types are the caller's word for `prototype`. */
export function bind<F>(name: string, prototype: string): () => F {
  let bound: F | undefined;
  return () => {
    bound ??= library(name).func(prototype) as F;
    return bound;
  };
}

/** A function that may be missing: null where it is. */
export function bindOptional<F>(name: string, prototype: string): () => F | null {
  let bound: F | null | undefined;
  return () => {
    if (bound === undefined) {
      const loaded = library(name);
      try {
        bound = loaded.func(prototype) as F;
      } catch {
        bound = null;
      }
    }
    return bound;
  };
}

/** Where a buffer lies in memory: what Windows writes into it may point back into it. */
export function addressOf(bytes: Uint8Array): bigint {
  return BigInt(koffi.address(bytes));
}

export const lastError = bind<() => number>('kernel32', 'uint32_t GetLastError()');

/** The code behind a BOOL, or a length, that is 0 where the call failed. */
export function codeOf(result: number): number {
  return result === 0 ? lastError()() || ERROR_INVALID_HANDLE : NO_ERROR;
}
