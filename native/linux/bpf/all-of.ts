// Waits for all, also where one fails: the others go on in the kernel, and write into memory that must
// not be given back meanwhile.

/** What they give; throws what the first that failed has thrown. */
export async function allOf<Value>(works: readonly Promise<Value>[]): Promise<Value[]> {
  const ended = await Promise.allSettled(works);
  return ended.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
