/** Work on many values in slices: whoever is served meanwhile waits for one slice, not for all. */
import { nextTurn } from '../base/real-time.ts';
import type { Clock } from '../base/clock.ts';

/** How long a slice may take, in ms, and values between two looks at the clock. */
const SLICE_MS = 5;
const VALUES_A_LOOK = 128;

/** What is called after each value: undefined, or a promise to wait for when the slice is used up. */
export function pausing(clock: Clock): () => Promise<void> | undefined {
  let values = 0;
  let startedMs = clock.monotonicMs();
  return () => {
    if (++values % VALUES_A_LOOK !== 0 || clock.monotonicMs() - startedMs < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      nextTurn(() => {
        startedMs = clock.monotonicMs();
        resolve();
      });
    });
  };
}
