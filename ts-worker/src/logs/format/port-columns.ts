// The columns of PR-PORTS. A file names its own in its header, and a reader goes by these names, so
// that columns may be added behind the last.

/** Extended: the genuine columns, then ours. Legacy: the genuine ones alone. */
export type LogFormat = 'Extended' | 'Legacy';

export const genuineColumns = [
  'date',
  'time',
  'protocol',
  'local port',
  'local IP address',
  'remote port',
  'remote IP address',
  'PID',
  'module',
  'user context',
] as const;

export const ourColumns = [
  'state',
  'previous state',
  'change',
  'time (UTC)',
  'attribution',
  'service',
  'path',
  'started',
  'namespace',
] as const;

export type PortColumn = (typeof genuineColumns)[number] | (typeof ourColumns)[number];

/** On Windows 2000, which does not tell whose a port is, a record ends after so many columns. */
export const columnsWithoutProcess = genuineColumns.indexOf('PID');

export function portColumns(format: LogFormat): readonly PortColumn[] {
  return format === 'Legacy' ? genuineColumns : [...genuineColumns, ...ourColumns];
}
