// Which readings of the tables have to show what is in TIME_WAIT. Where that is much it is nearly all that is
// read, and hardly one is over before its minute: so it is left out, and each ends by that.

/** So many are read quickly enough. */
const few = 10_000;
/** Beyond this share of what the kernel has room for, it may have ended some at once. */
const crowded = 3 / 4;

/** `known`: how many are believed to be. `limit`: how many the kernel has room for. */
export const needsTimeWaits = (known: number, limit: number): boolean =>
  known < few || known > limit * crowded;
