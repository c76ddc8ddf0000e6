/** What must hold whatever the program is given: where it does not, the program itself is wrong. */

/** An invariant does not hold. */
export class InvariantError extends Error {
  constructor(what: string) {
    super(`${what}: this is a mistake in Walka, please report it`);
    this.name = 'InvariantError';
  }
}

/**
 * Called where an invariant does not hold, before anything builds on it. The condition stands at the call, so that the
 * text costs nothing while it holds.
 * @throws InvariantError
 */
export function broken(what: string): never {
  throw new InvariantError(what);
}
