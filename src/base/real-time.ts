/**
 * Time and the turns of the event loop as they really are. A program's tests may have put fake timers in the place of
 * Node's (jest, vitest and sinon all do it by @sinonjs/fake-timers), before this is loaded or after: the broker beside them
 * goes on. What is used here is taken when this is loaded, and looked up behind a fake one, which keeps what it replaced.
 */

/** What fake timers keep of the real ones: each under its name with a `_` in front. */
type Kept = Readonly<Record<string, unknown>>;

const faked = [
  globalThis.setTimeout,
  globalThis.setImmediate,
  globalThis.Date,
  globalThis.queueMicrotask,
  process.nextTick,
];

const kept: Kept =
  faked.map((one) => (one as unknown as { clock?: Kept }).clock).find((clock) => clock !== undefined) ?? {};

function real<T>(name: string, current: T): T {
  return (kept[`_${name}`] as T | undefined) ?? current;
}

const RealDate = real('Date', globalThis.Date);
/** Its like is performance.now, whose module takes 2 ms to load. */
const realHrtime = real('hrtime', process.hrtime);
const realNextTick = real('nextTick', process.nextTick);

/** Milliseconds since the Unix epoch. */
export function wallClockMs(): number {
  return RealDate.now();
}

/** Milliseconds, with fractions, on a clock that never goes back. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = realHrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

export const startTimeout = real('setTimeout', globalThis.setTimeout);
export const stopTimeout = real('clearTimeout', globalThis.clearTimeout);
export const startInterval = real('setInterval', globalThis.setInterval);
export const stopInterval = real('clearInterval', globalThis.clearInterval);
/** Calls back in the next turn of the event loop: Node's setImmediate. */
export const nextTurn = real('setImmediate', globalThis.setImmediate);
/** Calls back among the microtasks: queueMicrotask. */
export const microtask = real('queueMicrotask', globalThis.queueMicrotask);

/** Calls back once what runs now is through, before microtasks: Node's process.nextTick. */
export function nextTick(callback: () => void): void {
  realNextTick.call(process, callback);
}

/** Resolves in the next turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void nextTurn(resolve));
}
