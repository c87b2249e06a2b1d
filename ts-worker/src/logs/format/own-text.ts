/** A copy of a text: a piece of a long one keeps all of it in memory for as long as it lives. */
export const ownText = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('latin1');
