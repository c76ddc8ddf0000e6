/** What a workload is, and what it works with. */
import type { Generators } from './generators/index.ts';
import type { Sizes } from './sizes.ts';
import type { Additions, RunningBroker } from './targets/target.ts';

/** Which of two values is better; null: neither. */
export type Better = 'higher' | 'lower' | null;

/** What a workload found out, once. */
export interface Figure {
  /** What was measured, without the unit; figures of one name and different units stand side by side. */
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  readonly value: number;
}

/** Something that every broker is put through. A file of the folder `workloads` each. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** What happens, in a sentence or two, for the report. */
  readonly about: string;
  /** How long it takes with one broker, in seconds, about. */
  seconds(sizes: Sizes): number;
  /** True: what it shows is once enough, and it takes long. Only the last round has it. */
  readonly isOnce?: boolean;
  /** True: not in a quick run, unless it is asked for. */
  readonly isThorough?: boolean;
  /** True: only for a broker on this machine. */
  readonly isLocal?: boolean;
  run(bench: Bench): Promise<void>;
}

/** All topics of a run begin so. */
export const TOPIC_PREFIX = 'bench-';

/** One broker in one round, as a workload sees it. */
export interface Bench {
  readonly broker: RunningBroker;
  readonly sizes: Sizes;
  readonly generators: Generators;
  /** Starts another broker of the kind, on an empty directory; null where this run starts none. */
  readonly startAnother: ((additions?: Additions) => Promise<RunningBroker>) | null;
  /** Where a workload may write; removed at the end. */
  readonly directory: string;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** A name that no other workload, broker or round has. */
  readonly topicName: (name: string) => string;
  readonly note: (name: string, unit: string, better: Better, value: number) => void;
  /** Says that something was not measured, and why. */
  readonly leaveOut: (what: string, why: string) => void;
}
