// From the settings to what the logs want to know.

import type { LogSetOptions } from '../logs/write/options.ts';
import { defaults } from '../logs/write/options.ts';
import { defaultLimits, keepAll, type RetentionRule } from '../logs/write/retention.ts';
import type { Settings } from '../settings/rules.ts';

/** `All` keeps whatever the limit would remove; without a limit of the size, no full disk does. */
export function retentionOf({ retentionDays, maxTotalSize }: Settings): RetentionRule {
  const days = retentionDays === 'All' ? null : retentionDays;
  if (maxTotalSize === 'All') return () => ({ ...keepAll(), days });
  return (space) => {
    const limits = { ...defaultLimits(space), days };
    return maxTotalSize === 'Auto' ? limits : { ...limits, totalSize: maxTotalSize };
  };
}

type FromSettings = 'format' | 'moduleDetail' | 'maxLogSize' | 'retention' | 'mostWaiting';

export const logOptionsOf = (settings: Settings): Pick<LogSetOptions, FromSettings> => ({
  ...defaults,
  format: settings.logFormat,
  moduleDetail: settings.moduleDetail,
  maxLogSize: settings.maxLogSize,
  retention: retentionOf(settings),
});
