/** The thread of merges: runs one when it is told to, on the machine's own files. */
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { isError, messageOf } from '../../base/realms.ts';
import { runInBackground } from '../../base/thread-priority.ts';
import { nodeFiles } from '../files/node-files.ts';
import { StorageError } from '../types.ts';
import { CompactionFilters } from './compaction-filters.ts';
import { runMerge } from './merge.ts';
import type { FromWorker, ToWorker } from './merge-messages.ts';
import { Pace } from './pace.ts';
import { ReadMemory } from './read-memory.ts';
import type { MergePlan, StreamAnswers } from './types.ts';

const port = parentPort;

function tell(message: FromWorker): void {
  port?.postMessage(message);
}

const filters = new CompactionFilters(systemRandom);
const memory = new ReadMemory();
const control = { isCancelled: false, bytesPerSecond: 0 };
let asked: PromiseWithResolvers<StreamAnswers> | null = null;

function ask(streams: Float64Array): Promise<StreamAnswers> {
  asked = Promise.withResolvers<StreamAnswers>();
  tell({ kind: 'ask', streams });
  return asked.promise;
}

async function run(plan: MergePlan): Promise<void> {
  control.isCancelled = false;
  control.bytesPerSecond = plan.bytesPerSecond;
  const pace = new Pace(systemClock, control);
  try {
    const outcome = await runMerge(plan, {
      files: nodeFiles,
      random: systemRandom,
      clock: systemClock,
      ask,
      filters,
      pace: (bytes) => pace.pay(bytes),
      isCancelled: () => control.isCancelled,
      memory,
    });
    tell({ kind: 'outcome', outcome });
  } catch (error) {
    const cause = isError(error) && isError(error.cause) ? `: ${error.cause.message}` : '';
    const code = error instanceof StorageError ? error.code : 'IO';
    tell({ kind: 'failed', code, message: `${messageOf(error)}${cause}` });
  }
}

runInBackground();
port?.on('message', (message: ToWorker) => {
  if (message.kind === 'start') void run(message.plan);
  else if (message.kind === 'answers') asked?.resolve(message.answers);
  else if (message.kind === 'unanswered') asked?.reject(new Error(message.message));
  else if (message.kind === 'control') {
    control.isCancelled = message.isCancelled;
    control.bytesPerSecond = message.bytesPerSecond;
  } else port.close();
});
