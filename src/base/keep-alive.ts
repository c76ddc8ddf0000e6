/** Keeps the process alive where only timers of a `Clock` are waited for, which do not. */

const LONG_MS = 2 ** 31 - 1;

/** Until it is disposed of. */
export function keepAlive(): Disposable {
  const timer = setInterval(() => undefined, LONG_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
