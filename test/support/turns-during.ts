/** How long work takes, in turns of the event loop. */

/** Turns that the event loop gave to others until the work was done. */
export async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let next: NodeJS.Immediate;
  const count = (): void => {
    turns++;
    next = setImmediate(count);
  };
  next = setImmediate(count);
  await work;
  clearImmediate(next);
  return turns;
}
