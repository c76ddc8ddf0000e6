/** Ties conversion to an engine on disk. */
import { turn } from '../base/real-time.ts';
import { dirname, join } from 'node:path';
import type { FileContext } from './context.ts';
import type { CompactionDuty } from './convert/compaction.ts';
import { Converter } from './convert/converter.ts';
import type { SealedFile, Segmenting } from './convert/host.ts';
import type { ConvertPace } from './convert/pressure.ts';
import { SegmentFiles } from './convert/segment-files.ts';
import type { Journal } from './journal/journal.ts';
import { SEGMENTS_FOLDER } from './options.ts';

export interface ConversionOptions {
  readonly segmenting: Segmenting;
  readonly pace: ConvertPace;
}

/** What conversion needs of the engine. */
export interface ConversionHost {
  readonly journal: Journal;
  readonly moveCatalog: () => Promise<void>;
  readonly onPublished: () => void;
  readonly compaction: CompactionDuty;
}

export interface Conversion {
  readonly converter: Converter;
  readonly segments: SegmentFiles;
}

/** How conversion is set up for an engine. */
export type MakeConversion = (host: ConversionHost) => Conversion;

export function conversionOf(
  context: FileContext,
  { segmenting, pace }: ConversionOptions,
  { journal, moveCatalog, onPublished, compaction }: ConversionHost,
): Conversion {
  const { clock, logger, stats, files, clusterId, directory, sources, table, deleteGraceMs } = context;
  const folder = join(dirname(context.folder), SEGMENTS_FOLDER);
  const outside = { clock, logger, stats, files, folder };
  const open = segmenting.open.bind(segmenting);
  const segments = new SegmentFiles({ ...outside, deleteGraceMs, open });
  // What a start still reads is not converted: it would be there twice until it is replaced.
  const sealedFiles = (): SealedFile[] => {
    const sealed: SealedFile[] = [];
    for (const file of table.list) {
      const { sequence, path, seal, written: byteLength } = file;
      const source = sources.covering(sequence);
      if (seal === null || !journal.isReplaced(file) || source?.firstSequence !== sequence) continue;
      sealed.push({ sequence, path, byteLength, seal, source });
    }
    return sealed;
  };
  const converter = new Converter({
    ...outside,
    clusterId,
    maxSegmentBytes: context.maxSegmentSize,
    pace,
    directory,
    sources,
    segments,
    merger: segmenting.merger,
    compaction,
    sealedFiles,
    refusal: () => journal.refusal,
    flush: () => journal.flush(),
    moveCatalog,
    onPublished,
    space: () => files.space(context.folder),
    pause: () => turn(),
  });
  return { converter, segments };
}
