/** Processes in the order of their load, while tasks are given to those that come first: a heap. */
import type { ProcessLoad } from './process-load.ts';

interface Entry {
  readonly process: ProcessLoad;
  /** Of equally loaded processes the one with the lower rank comes first. */
  readonly rank: number;
}

export class ProcessQueue {
  readonly #heap: Entry[] = [];

  /** Their loads may change only by what `useFirst` does. */
  constructor(processes: readonly ProcessLoad[]) {
    processes.forEach((process, rank) => this.#push({ process, rank }));
  }

  /** Runs `use` on the least loaded process that `accepts`, if any. */
  useFirst(accepts: (process: ProcessLoad) => boolean, use: (process: ProcessLoad) => void): boolean {
    const passedOver: Entry[] = [];
    let entry = this.#pop();
    while (entry !== undefined && !accepts(entry.process)) {
      passedOver.push(entry);
      entry = this.#pop();
    }
    if (entry !== undefined) {
      use(entry.process);
      this.#push(entry);
    }
    for (const passed of passedOver) this.#push(passed);
    return entry !== undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      const right = heap[child + 1];
      if (below !== undefined && right !== undefined && isBefore(right, below)) {
        child++;
        below = right;
      }
      if (below === undefined || !isBefore(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  const difference = a.process.load - b.process.load;
  return difference < 0 || (difference === 0 && a.rank < b.rank);
}
