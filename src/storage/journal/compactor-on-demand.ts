/** Compaction of a journal in memory, whose code is loaded when there is something to compact: most tests have nothing. */
import type { CompactionTask } from '../compact/types.ts';
import type { CompactionOutcome } from '../compaction-types.ts';
import type { EngineContext } from '../context.ts';
import type { Compactor } from '../convert/compactor.ts';
import type { Locator } from '../runs/locate.ts';
import type { MemoryCompactor } from './memory-compactor.ts';

export class CompactorOnDemand implements Compactor {
  readonly #context: EngineContext;
  readonly #locator: Locator;
  #compactor: MemoryCompactor | null = null;
  #isStopped = false;

  constructor(context: EngineContext, locator: Locator) {
    this.#context = context;
    this.#locator = locator;
  }

  async run(task: CompactionTask): Promise<CompactionOutcome | null> {
    const code = await import('./memory-compactor.ts');
    if (this.#isStopped) return null;
    this.#compactor ??= new code.MemoryCompactor(this.#context, this.#locator);
    return this.#compactor.run(task);
  }

  forget(): void {}

  stop(): void {
    this.#isStopped = true;
    this.#compactor?.stop();
  }
}
