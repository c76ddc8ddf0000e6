/** Keeps the process alive where only timers of a `Clock` are waited for, which do not. */
import { startInterval, stopInterval } from './real-time.ts';

const LONG_MS = 2 ** 31 - 1;

/** Until it is disposed of. */
export function keepAlive(): Disposable {
  const timer = startInterval(() => undefined, LONG_MS);
  return { [Symbol.dispose]: () => stopInterval(timer) };
}
