/**
 * The end of a turn of the event loop: after the sockets and timers that were due have been served, before the loop
 * looks for more. One place for all who wait for it, so that their order is known.
 */
import { microtask, nextTurn } from './real-time.ts';
import type { Clock } from './clock.ts';

let ending: Array<() => void> = [];
let after: Array<() => void> = [];
let isAwaited = false;

/** Calls back at the end of this turn, in order of asking. */
export function atTurnEnd(callback: () => void): void {
  ending.push(callback);
  awaitEnd();
}

/** Calls back once everything that waited for the end of this turn, and what that set off, has run. */
export function afterTurn(callback: () => void): void {
  after.push(callback);
  awaitEnd();
}

function awaitEnd(): void {
  if (isAwaited) return;
  isAwaited = true;
  // Two, since ticks and microtasks run between one immediate and the next.
  nextTurn(runEnding);
  nextTurn(runAfter);
}

function runEnding(): void {
  isAwaited = false;
  const callbacks = ending;
  ending = [];
  runAll(callbacks);
}

function runAfter(): void {
  const callbacks = after;
  after = [];
  runAll(callbacks);
}

function runAll(callbacks: ReadonlyArray<() => void>): void {
  for (let i = 0; i < callbacks.length; i++) {
    try {
      (callbacks[i] as () => void)();
    } catch (error) {
      // One callback's mistake is told as it would be without the others, which go on.
      microtask(() => {
        throw error;
      });
    }
  }
}

let isAwake = false;
let awakeUntilMs = 0;

/**
 * Keeps the event loop from sleeping until `ms` from now, for a CPU of its own: what arrives until then is served without
 * the time and the work of a wake-up.
 */
export function stayAwake(clock: Clock, ms: number): void {
  awakeUntilMs = clock.monotonicMs() + ms;
  if (isAwake) return;
  isAwake = true;
  const turn = (): void => {
    isAwake = clock.monotonicMs() < awakeUntilMs;
    if (isAwake) nextTurn(turn);
  };
  nextTurn(turn);
}
