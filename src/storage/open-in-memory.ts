/** The engine of a broker without a directory: a start in memory loads nothing that files need. */
import { contextOf, DEFAULT_MAX_MEMORY_BYTES } from './engine-context.ts';
import { Engine } from './engine.ts';
import { noFiles } from './files/no-files.ts';
import { CompactorOnDemand } from './journal/compactor-on-demand.ts';
import { MemoryJournal } from './journal/memory-journal.ts';
import type { EngineOptions } from './options.ts';

/** Starts an empty engine, whatever `dataDir` says. */
export function openInMemory(options: EngineOptions): Engine {
  const context = contextOf({ ...options, dataDir: null }, noFiles);
  const maxMemoryBytes = options.maxMemoryBytes ?? DEFAULT_MAX_MEMORY_BYTES;
  return new Engine(context, {
    journal: (events) => new MemoryJournal(context, maxMemoryBytes, events),
    conversion: null,
    compactor: (locator) => new CompactorOnDemand(context, locator),
  });
}
