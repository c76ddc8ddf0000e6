/** Who is at work in a run. */
import type { RunState } from '../run-state.ts';

export interface Work {
  /** Resolves in the phase `drain`, when nobody writes any more. */
  readonly written: Promise<unknown>;
  /** Called when all that was written is known: reads on to the end, and has all stop. Gives what did not come to an end. */
  drain(): Promise<string[]>;
}

export interface Workload {
  /** Of the broker. */
  readonly settings: Readonly<Record<string, string>>;
  start(run: RunState, port: number): Promise<Work>;
}
