/** What a program's own function threw while it had a request: told as it would be without the broker around it. */
import { microtask } from '../../base/real-time.ts';

/** The process's 'uncaughtException', by which runners of tests fail the test. */
export function tellUncaught(error: unknown): void {
  microtask(() => {
    throw error;
  });
}
