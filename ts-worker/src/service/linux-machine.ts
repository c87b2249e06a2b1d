// Linux: what runs as root belongs to root, and only root (and Debian's group adm) reads the logs.

import { constants } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open, readFile, rmdir } from 'node:fs/promises';
import { tryLockFile } from '../../../native/linux/file-lock.ts';
import { PortReporterError } from '../model/error.ts';
import { defaultLogDirectory } from '../settings/places.ts';
import { assertTrusted } from './linux-trust.ts';
import { quote } from './quote.ts';
import type { DirectoryKind, Machine } from './source.ts';
import { Systemd } from './systemd.ts';

/** The group that reads logs on Debian and its kin (group(5)); null where there is none. */
async function logGroup(): Promise<number | null> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const id = /^adm:[^:]*:(\d+):/m.exec(groups)?.[1];
  return id === undefined ? null : Number(id);
}

/** By the descriptor: the umask may deny what we want, and a default access list add to it. */
async function giveRights(directory: FileHandle, kind: DirectoryKind): Promise<void> {
  const group = kind === 'Logs' ? await logGroup() : null;
  await directory.chown(0, group ?? 0);
  // The setgid bit hands the group on to each file.
  const ofLogs = group === null ? 0o700 : 0o2750;
  await directory.chmod(kind === 'Programs' ? 0o755 : ofLogs);
}

async function makeDirectory(path: string, kind: DirectoryKind): Promise<void> {
  await mkdir(path, 0o700);
  try {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const directory = await open(path, flags);
    try {
      await giveRights(directory, kind);
    } finally {
      await directory.close();
    }
    await assertDirectory(path, kind);
  } catch (error) {
    await rmdir(path);
    throw error;
  }
}

async function assertDirectory(path: string, kind: DirectoryKind): Promise<void> {
  await assertTrusted(path, 'Target');
  const found = await lstat(path);
  const problem = found.isDirectory()
    ? kind === 'Logs' && (found.mode & 0o007) !== 0
      ? ['others than root may read it', `Take the right away: chmod o-rwx ${quote(path)}`]
      : []
    : ['it is no directory', 'Choose another path.'];
  const [reason, hint] = problem;
  if (reason === undefined || hint === undefined) return;
  const message = `'${path}' can't be used: ${reason}.`;
  throw new PortReporterError('PR_PATH_UNSAFE', message, { target: path, hint });
}

/** Only root writes to /run, and it is empty after a boot. */
const lockFile = '/run/portreporter-install.lock';

async function lock(): Promise<() => Promise<void>> {
  const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;
  const file = await open(lockFile, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  if (tryLockFile(file.fd)) return () => file.close();
  await file.close();
  const message = 'Another install or uninstall of PortReporter is under way.';
  const hint = 'Wait until it is over, and run the command again.';
  throw new PortReporterError('PR_SERVICE_BUSY', message, { target: lockFile, hint });
}

/** sd_booted(3). */
const systemdMark = '/run/systemd/system';

export const runsSystemd = (): Promise<boolean> =>
  access(systemdMark).then(
    () => true,
    () => false,
  );

export function createLinuxMachine(): Machine {
  return {
    manager: new Systemd(),
    defaultDirectory: '/opt/portreporter',
    defaultLogDirectory: defaultLogDirectory(),
    isElevated: () => process.geteuid?.() === 0,
    assertTrusted,
    makeDirectory,
    assertDirectory,
    lock,
    extraFiles: () => new Map(),
  };
}
