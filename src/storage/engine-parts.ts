/** Makes the parts of an open engine and ties them together. */
import type { EngineContext } from './context.ts';
import type { Conversion, MakeConversion } from './conversion.ts';
import { Compactions } from './convert/compactions.ts';
import type { Compactor } from './convert/compactor.ts';
import { MergeCompactor } from './convert/merge-compactor.ts';
import { ControlEntries } from './journal/control.ts';
import type { Journal, MakeJournal } from './journal/journal.ts';
import { releaseFile } from './journal/release.ts';
import { SnapshotStore } from './journal/snapshots.ts';
import { Reclaimer } from './retention/reclaim.ts';
import { Trims } from './retention/trims.ts';
import { JournalSource } from './runs/journal/source.ts';
import type { Locator } from './runs/locate.ts';
import { Readers } from './runs/readers.ts';
import { Statistics } from './statistics.ts';
import { Streams } from './streams.ts';
import type { StorageError } from './types.ts';

/** How what differs between a directory and memory is made. */
export interface EngineMakers {
  readonly journal: MakeJournal;
  /** Null: nothing is merged. */
  readonly conversion: MakeConversion | null;
  /** Null: merges compact. */
  readonly compactor: ((locator: Locator) => Compactor) | null;
}

/** What the engine is told by its parts. */
export interface EngineEvents {
  readonly onBeforeSeal: () => void;
  readonly onFailure: (error: StorageError) => void;
}

export interface EngineParts {
  readonly journal: Journal;
  readonly streams: Streams;
  readonly readers: Readers;
  readonly snapshots: SnapshotStore;
  readonly reclaimer: Reclaimer;
  readonly trims: Trims;
  /** Null where nothing is merged. */
  readonly conversion: Conversion | null;
  readonly compactions: Compactions;
  readonly statistics: Statistics;
  /** Something died: looks for what can go, and be merged. */
  readonly reclaim: () => void;
}

export function makeParts(context: EngineContext, makers: EngineMakers, events: EngineEvents): EngineParts {
  const { directory, table, sources, stats, damage, buffers } = context;
  const reads = { files: table, buffers, stats, damage };
  for (const file of table.list) sources.push(new JournalSource(file, reads));
  // Made below: what the journal tells comes later.
  let conversion: Conversion | null = null;
  const reclaim = (): void => {
    reclaimer.schedule();
    conversion?.converter.schedule();
  };
  const journal = makers.journal({
    ...events,
    onBegun: (file) => sources.push(new JournalSource(file, reads)),
    onSealed: reclaim,
    onReplaced: reclaim,
    onSpaceChanged: () => {
      reclaimer.schedule();
      conversion?.converter.spaceChanged();
    },
  });
  const control = new ControlEntries(journal);
  const streams = new Streams(directory, journal, control);
  const readers = new Readers(sources, directory, context.clock);
  const snapshots = new SnapshotStore(context, journal);
  const reclaimer = new Reclaimer(context, journal, snapshots);
  const refuse = (): void => streams.refuseUnlessFull();
  const trims = new Trims({ directory, control, search: readers.search, refuse, onTrimmed: reclaim });
  const merging = new MergeCompactor(directory, () => conversion?.converter.schedule());
  conversion =
    makers.conversion?.({
      journal,
      moveCatalog: () => reclaimer.moveCatalog(),
      onPublished: () => reclaimer.schedule(),
      compaction: merging,
    }) ?? null;
  const compactions = new Compactions({
    directory,
    readers,
    release: (sequence, worthBytes) => releaseFile(journal, table, sequence, worthBytes),
    compactor: makers.compactor?.(readers.locator) ?? merging,
    commit: (stream, endOffset) => trims.compacted(stream, endOffset),
  });
  const statistics = new Statistics(context, journal, buffers, conversion?.segments ?? null);
  return { journal, streams, readers, snapshots, reclaimer, trims, conversion, compactions, statistics, reclaim };
}
