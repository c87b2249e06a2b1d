// The name of a process in the logs. Port Reporter's column "module" is the name of the image,
// `svchost.exe`; a process is called as Get-Process calls it, `svchost`. On Linux both are the same.

/** `C:\\Windows\\System32\\svchost.exe`: the file name; null for a path that is none of Windows. */
const imageIn = (path: string | null): string | null =>
  /^(?:[A-Za-z]:|\\\\).*\\([^\\]+)$/.exec(path ?? '')?.[1] ?? null;

export const moduleOf = (name: string | null, path: string | null): string | null =>
  imageIn(path) ?? name;

/** The way back, where the path shows that the module is its file. */
export function nameOf(module: string | null, path: string | null): string | null {
  const isImage = module !== null && module === imageIn(path);
  return isImage ? module.replace(/\.exe$/i, '') : module;
}
