// What answers Get-PortReporter -Capability: what this machine allows, and why not the rest.

import type { CapabilityReader } from '../capability/source.ts';
import type { Capability } from '../model/capability.ts';
import type { Method } from '../protocol/server.ts';

const toObject = ({ name, usable, reason, use, detail }: Capability) => ({
  Name: name,
  Usable: usable,
  Reason: reason,
  Use: use,
  Detail: detail,
});

export function capabilityMethods(
  createReader: () => Promise<CapabilityReader>,
): Readonly<Record<string, Method>> {
  return {
    capability: async (_, answer) => {
      const found = (await createReader()).read();
      await answer.send({ capabilities: found.map(toObject) });
      return { rows: found.length };
    },
  };
}
