/**
 * Time as a dependency. Nothing outside `base` reads the system clock or sets a timer directly, so that a whole
 * broker can run on a virtual clock.
 */
import { monotonicMs, startTimeout, stopTimeout, wallClockMs } from './real-time.ts';

/** A pending timer; cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time in whole milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds, with fractions, on a clock that never goes back; only differences mean something. */
  monotonicMs(): number;
  /** Runs `callback` once, `delayMs` from now (never before this call returns). Timers do not keep the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Resolves once others have had their turn: with the timers that are due next. For long work in slices. */
export function othersTurn(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(0, resolve);
  });
}

/** The longest delay `setTimeout` takes; longer ones would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => wallClockMs(),
  monotonicMs: () => monotonicMs(),
  setTimer(delayMs, callback) {
    const timer = startTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_DELAY_MS));
    timer.unref();
    return { cancel: () => stopTimeout(timer) };
  },
};

const halted = new Int32Array(new SharedArrayBuffer(4));

/** Halts this thread, and with it the event loop, for `ms` milliseconds and a few hundredths more; fractions count. */
export function haltThread(ms: number): void {
  Atomics.wait(halted, 0, 0, ms);
}
