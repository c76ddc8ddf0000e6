/** Merges on a thread of their own, which is started for the first one and stopped when there was none for a while. */
import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../base/clock.ts';
import { messageOf } from '../../base/realms.ts';
import { startThread } from '../../base/thread.ts';
import { StorageError } from '../types.ts';
import type { FromWorker, ToWorker } from './merge-messages.ts';
import type { MergeControl } from './serial-merger.ts';
import { SerialMerger } from './serial-merger.ts';
import type { AskStreams, MergeOutcome, MergePlan, Merger } from './types.ts';

/** An idle thread is stopped after this time: starting one takes less than a tenth of a second. */
const IDLE_MS = 5000;

interface Running {
  readonly ask: AskStreams;
  resolve(outcome: MergeOutcome): void;
  reject(error: unknown): void;
}

class MergeThread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #running: Running | null = null;
  isDead = false;

  constructor() {
    this.#worker = startThread('merge', { youngMb: 4 });
    this.#worker.on('message', (message: FromWorker) => this.#take(message));
    this.#worker.on('error', (error) => this.#fail(new StorageError('IO', 'A merge failed', { cause: error })));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.isDead = true;
        this.#fail(new StorageError('CLOSED', 'The thread of merges has ended'));
        resolve();
      });
    });
  }

  run(plan: MergePlan, ask: AskStreams, control: MergeControl): Promise<MergeOutcome> {
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#running = { ask, resolve, reject };
      this.#tell({ kind: 'start', plan });
      control.onChange = () => {
        const { isCancelled, bytesPerSecond } = control;
        this.#tell({ kind: 'control', isCancelled, bytesPerSecond });
      };
      control.onChange();
    });
  }

  async stop(): Promise<void> {
    this.#worker.ref();
    this.#tell({ kind: 'close' });
    await this.#exited;
  }

  #tell(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    if (message.kind === 'ask') void this.#answer(message.streams);
    else if (message.kind === 'outcome') this.#end()?.resolve(message.outcome);
    else this.#fail(new StorageError(message.code, message.message));
  }

  async #answer(streams: Float64Array): Promise<void> {
    try {
      const answers = await this.#running?.ask(streams);
      if (answers !== undefined) this.#tell({ kind: 'answers', answers });
    } catch (error) {
      this.#tell({ kind: 'unanswered', message: messageOf(error) });
    }
  }

  #fail(error: StorageError): void {
    this.#end()?.reject(error);
  }

  #end(): Running | null {
    const running = this.#running;
    this.#running = null;
    // It keeps the process alive only while it has something to do.
    this.#worker.unref();
    return running;
  }
}

/** Merges on a thread. */
export function threadMerger(clock: Clock): Merger {
  let thread: MergeThread | null = null;
  let idle: Timer | null = null;
  const stop = async (): Promise<void> => {
    idle?.cancel();
    const stopping = thread;
    thread = null;
    await stopping?.stop();
  };
  return new SerialMerger(async (plan, ask, control) => {
    idle?.cancel();
    if (thread === null || thread.isDead) thread = new MergeThread();
    try {
      return await thread.run(plan, ask, control);
    } finally {
      idle = clock.setTimer(IDLE_MS, () => void stop());
    }
  }, stop);
}
