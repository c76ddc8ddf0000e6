/** Runs merges one after the other, each of which can be cancelled and slowed down. */
import type { AskStreams, MergeHandle, MergeOutcome, MergePlan, Merger } from './types.ts';

/** What whoever runs a merge goes by while it runs. */
export interface MergeControl {
  readonly isCancelled: boolean;
  /** 0 for no limit. */
  readonly bytesPerSecond: number;
  /** Called when one of them changed. */
  onChange: () => void;
}

/** Runs one merge to its end. @throws StorageError IO or DISK_FULL */
export type RunMerge = (plan: MergePlan, ask: AskStreams, control: MergeControl) => Promise<MergeOutcome>;

class Handle implements MergeHandle, MergeControl {
  readonly outcome: Promise<MergeOutcome>;
  isCancelled = false;
  bytesPerSecond: number;
  onChange = (): void => {};

  constructor(bytesPerSecond: number, run: (control: MergeControl) => Promise<MergeOutcome>) {
    this.bytesPerSecond = bytesPerSecond;
    this.outcome = run(this);
    this.outcome.catch(() => undefined);
  }

  cancel(): void {
    this.isCancelled = true;
    this.onChange();
  }

  setRate(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
    this.onChange();
  }
}

export class SerialMerger implements Merger {
  readonly #run: RunMerge;
  readonly #stop: () => Promise<void>;
  readonly #handles = new Set<Handle>();
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** @param stop called once the last merge has ended */
  constructor(run: RunMerge, stop: () => Promise<void> = async () => {}) {
    this.#run = run;
    this.#stop = stop;
  }

  start(plan: MergePlan, ask: AskStreams): MergeHandle {
    const before = this.#last;
    const handle = new Handle(plan.bytesPerSecond, async (control) => {
      await before;
      if (control.isCancelled || this.#isClosed) return { kind: 'cancelled' };
      return await this.#run(plan, ask, control);
    });
    this.#handles.add(handle);
    this.#last = handle.outcome.catch(() => undefined).finally(() => this.#handles.delete(handle));
    return handle;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const handle of this.#handles) handle.cancel();
    await this.#last;
    await this.#stop();
  }
}
