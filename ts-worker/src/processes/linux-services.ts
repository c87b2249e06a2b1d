// Which services a Linux process belongs to, read from its cgroup path: systemd names a cgroup after
// the unit (systemd.unit(5)); container engines put the container's id of 64 hex digits into it.

const container = /(?:^|[/:-])([0-9a-f]{64})(?=$|[./])/g;
const service = /(?:^|\/)([^/]+\.service)(?=$|\/)/g;

/** systemd puts a `_` before a unit's name that the kernel would take for a file of its own, such as
 * memory.service (cg_escape in systemd's cgroup-util.c). Escapes such as \x2d are part of the name. */
const unitName = (cgroup: string): string => cgroup.replace(/^_/, '');

/** The innermost: a container may run containers, a user's manager the user's own services. */
function lastMatch(expression: RegExp, path: string): string | undefined {
  return [...path.matchAll(expression)].at(-1)?.[1];
}

export function servicesOf(controlGroups: readonly string[]): string[] {
  for (const path of controlGroups) {
    const id = lastMatch(container, path);
    if (id !== undefined) return [id];
  }
  for (const path of controlGroups) {
    const unit = lastMatch(service, path);
    if (unit !== undefined) return [unitName(unit)];
  }
  return [];
}
