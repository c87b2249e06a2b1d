// Stands in for native/windows/service-control.ts in the worker that the service tests install. Wine
// does not know all that a service can be registered with: it refuses some levels as Windows never
// does. Such a refusal, and nothing else, is passed over.

import { ServiceHandle } from '../../../native/windows/service-control.ts';
import { Win32Error } from '../../../native/windows/win32-error.ts';

export * from '../../../native/windows/service-control.ts';

const ERROR_INVALID_LEVEL = 124;
const unknownToWine = ['setDelayedStart', 'setRecovery', 'setOwnSid', 'setPrivileges'] as const;

for (const name of unknownToWine) {
  const real = ServiceHandle.prototype[name] as (...args: unknown[]) => void;
  Object.defineProperty(ServiceHandle.prototype, name, {
    value(this: ServiceHandle, ...args: unknown[]) {
      try {
        real.apply(this, args);
      } catch (error) {
        if (!(error instanceof Win32Error && error.code === ERROR_INVALID_LEVEL)) throw error;
      }
    },
  });
}
