// Which services a Linux process belongs to, read from its cgroup path: systemd names a cgroup after
// the unit (systemd.unit(5)); container engines put the container's id of 64 hex digits into it.

const container = /(?:^|[/:-])([0-9a-f]{64})(?=$|[./])/;
const service = /([^/]+\.service)(?=$|\/)/g;

/** systemd writes characters that a unit name can't hold in a path as \xHH. */
const unescapeUnit = (unit: string): string =>
  unit.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );

/** The manager of a user's own services stands above them in the path: the last unit is the one. */
function unitOf(path: string): string | null {
  const units = [...path.matchAll(service)].map((match) => match[1] ?? '');
  const unit = units.at(-1);
  return unit === undefined ? null : unescapeUnit(unit);
}

export function servicesOf(controlGroups: readonly string[]): string[] {
  for (const path of controlGroups) {
    const id = container.exec(path)?.[1];
    if (id !== undefined) return [id];
  }
  for (const path of controlGroups) {
    const unit = unitOf(path);
    if (unit !== null) return [unit];
  }
  return [];
}
