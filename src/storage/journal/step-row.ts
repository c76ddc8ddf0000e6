/** Steps of which one is under way at a time: a write on a thread, a roll, the wait for ready space. */

interface StepHost {
  /** A step is done or has failed: the next may begin. */
  readonly onDone: () => void;
  readonly onFailed: (error: unknown) => void;
}

export class StepRow {
  readonly #host: StepHost;
  /** A step is under way. */
  isBusy = false;

  constructor(host: StepHost) {
    this.#host = host;
  }

  /** Holds the row until `step` is done; from before it starts, as it may append itself (snapshots). */
  run(step: () => Promise<void>): void {
    this.isBusy = true;
    step().then(
      () => this.#done(),
      (error: unknown) => {
        this.#host.onFailed(error);
        this.#done();
      },
    );
  }

  #done(): void {
    this.isBusy = false;
    this.#host.onDone();
  }
}
