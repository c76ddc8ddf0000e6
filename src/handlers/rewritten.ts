/**
 * Memory for records that Produce requests have in another form than they came in: from the time they are written anew until
 * they are committed. Some kilobytes may become as many megabytes, and the memory that requests are received in knows
 * nothing of that.
 *
 * Few batches are written anew at a time, and each takes its turn. While all requests together hold more than a bound, only
 * the first goes on, once nothing waits for its commit any more: a request is appended when all of it is prepared, so two
 * that wait for each other's memory would wait for ever.
 */

/** What one request holds. */
export interface Holding {
  /** Runs `write`, when it is its turn, and holds as many bytes as it gives. @throws what `write` throws; as a rejection */
  writeAnew(write: () => Promise<number>): Promise<void>;
  /** Nothing more is written. */
  prepared(): void;
  /** Lets go of all. */
  release(): void;
}

/** A batch that waits to be written anew. */
interface Waiting {
  readonly holding: Holding;
  readonly begin: () => void;
}

export class Rewritten {
  readonly #boundBytes: number;
  readonly #atATime: number;
  #running = 0;
  #bytes = 0;
  /** Of these, bytes of requests that are prepared. */
  #preparedBytes = 0;
  /** Requests that are not, in the order in which they began. */
  readonly #preparing = new Set<Holding>();
  #waiting: Waiting[] = [];

  /** @param atATime batches that are written anew at a time */
  constructor(boundBytes: number, atATime: number) {
    this.#boundBytes = boundBytes;
    this.#atATime = atATime;
  }

  /** What is held now. */
  get bytes(): number {
    return this.#bytes;
  }

  begin(): Holding {
    let held = 0;
    let isReleased = false;
    const holding: Holding = {
      writeAnew: async (write) => {
        await this.#turnOf(holding);
        try {
          const byteLength = await write();
          if (isReleased) return;
          held += byteLength;
          this.#bytes += byteLength;
        } finally {
          this.#running -= 1;
          this.#look();
        }
      },
      prepared: () => {
        if (!this.#preparing.delete(holding)) return;
        this.#preparedBytes += held;
        this.#look();
      },
      release: () => {
        holding.prepared();
        this.#bytes -= held;
        this.#preparedBytes -= held;
        held = 0;
        isReleased = true;
        this.#look();
      },
    };
    this.#preparing.add(holding);
    return holding;
  }

  #turnOf(holding: Holding): Promise<void> {
    return new Promise((begin) => {
      this.#waiting.push({ holding, begin });
      this.#look();
    });
  }

  /** Lets those begin who may, in their order. */
  #look(): void {
    while (this.#running < this.#atATime) {
      const index = this.#waiting.findIndex(({ holding }) => this.#admits(holding));
      if (index < 0) return;
      const [next] = this.#waiting.splice(index, 1);
      this.#running += 1;
      next?.begin();
    }
  }

  #admits(holding: Holding): boolean {
    if (this.#bytes < this.#boundBytes) return true;
    const [first] = this.#preparing;
    return holding === first && this.#preparedBytes === 0;
  }
}
