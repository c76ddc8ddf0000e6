/** Puts every broker through every workload, round after round, every other round in the other order. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Generators } from './generators/index.ts';
import type { Progress } from './progress.ts';
import { addFigure, addLeftOut, type Results } from './results.ts';
import type { Sizes } from './sizes.ts';
import type { Target } from './targets/target.ts';
import { TOPIC_PREFIX, type Workload } from './workload.ts';

/** A workload that takes so much longer than it should is ended: of the guess, and in seconds at least. */
const PATIENCE = 5;
const LEAST_PATIENCE_S = 60;

/** To start a broker, and to end it. */
const START_S = 6;

export interface Plan {
  readonly targets: readonly Target[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly sizes: Sizes;
  readonly generators: Generators;
  /** Where brokers keep their data, in a folder that is removed. */
  readonly parentDirectory: string;
  readonly signal: AbortSignal;
}

const isIn = ({ isOnce }: Workload, round: number, rounds: number): boolean => isOnce !== true || round === rounds;

/** What all of it takes, in seconds, about. */
export function planSeconds({ targets, workloads, rounds, sizes }: Omit<Plan, 'generators' | 'signal'>): number {
  let seconds = 0;
  for (let round = 1; round <= rounds; round++) {
    const ofTarget = workloads.filter((workload) => isIn(workload, round, rounds));
    seconds += targets.length * ofTarget.reduce((sum, workload) => sum + workload.seconds(sizes), START_S);
  }
  return seconds;
}

/** @throws what `signal` was aborted for; everything is ended and removed by then */
export async function runRounds(plan: Plan, results: Results, progress: Progress): Promise<void> {
  const directory = await mkdtemp(join(plan.parentDirectory, 'walka-bench-'));
  try {
    for (let round = 1; round <= plan.rounds; round++) {
      // So that none always comes first.
      const ordered = round % 2 === 1 ? plan.targets : plan.targets.toReversed();
      for (const target of ordered) await runTarget(plan, results, progress, { target, round, directory });
      results.rounds = round;
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Turn {
  readonly target: Target;
  readonly round: number;
  readonly directory: string;
}

async function runTarget(plan: Plan, results: Results, progress: Progress, turn: Turn): Promise<void> {
  const { sizes, generators, signal, rounds } = plan;
  const { target, round, directory } = turn;
  signal.throwIfAborted();
  progress.begin(`round ${round} of ${rounds}, ${target.name}: starting`, START_S);
  await using broker = await target.start(directory);
  progress.end();
  const isHere = broker.host === 'localhost' || broker.host.startsWith('127.');
  for (const workload of plan.workloads.filter((other) => isIn(other, round, rounds))) {
    signal.throwIfAborted();
    progress.begin(`round ${round} of ${rounds}, ${target.name}: ${workload.title}`, workload.seconds(sizes));
    const leaveOut = (what: string, why: string): void => addLeftOut(results, { what: `${what}, ${target.name}`, why });
    let names = 0;
    const patienceS = Math.ceil(Math.max(LEAST_PATIENCE_S, PATIENCE * workload.seconds(sizes)));
    const limit = AbortSignal.timeout(patienceS * 1000);
    try {
      if (workload.isLocal === true && !isHere) leaveOut(workload.title, 'the broker is on another machine');
      else
        await workload.run({
          broker,
          sizes,
          generators,
          directory,
          signal: AbortSignal.any([signal, limit]),
          startAnother: broker.process === undefined ? null : (additions) => target.start(directory, additions),
          topicName: (name) => `${TOPIC_PREFIX}${name}-${process.pid}-${round}-${names++}`,
          note: (name, unit, better, value) => {
            // NaN: what cannot be seen of a broker on another machine.
            if (!Number.isNaN(value)) addFigure(results, workload, target.name, { name, unit, better, value });
          },
          leaveOut,
        });
    } catch (error) {
      signal.throwIfAborted();
      // The others are worth having all the same.
      leaveOut(workload.title, limit.aborted ? `not done after ${patienceS} s` : (error as Error).message);
    }
    progress.end();
  }
}
