/**
 * Parts of a read: stretches of one journal file whose batches are sent with the entry headers cut out. Nothing is held
 * in memory until the part is loaded, right before it is sent: then it comes from the tail cache if it is still there,
 * else from the file. Here is what both kinds do: whole batches (`batches-part.ts`), and stretches of large ones
 * (`payload-part.ts`).
 */
import type { Part, Slice } from '../../../base/counted.ts';
import { isPromise } from '../../../base/realms.ts';
import type { ReadBuffer, ReadBufferPool } from '../../files/read-buffers.ts';
import type { FileIndex } from '../../index/file-index.ts';
import type { JournalFile } from '../../index/journal-file.ts';
import type { EngineStats } from '../../stats.ts';
import { StorageError } from '../../types.ts';
import type { DamageLog } from '../damage.ts';
import type { FileTable } from './file-table.ts';

/** Bytes of one part at most, and of the file reads behind it. */
export const PART_BYTES = 1024 * 1024;

/** Where an entry's header has its flags. */
export const FLAGS_AT = 9;

/** What reading journal files takes. */
export interface JournalReads {
  readonly files: FileTable;
  readonly buffers: ReadBufferPool;
  readonly stats: EngineStats;
  readonly damage: DamageLog;
}

/** Where one batch is in an index. */
export interface BatchPlace {
  readonly index: FileIndex;
  readonly run: number;
  readonly entry: number;
}

/** Until it is released, the file is kept from being deleted. */
export abstract class FilePart implements Part {
  byteLength: number;
  protected readonly file: JournalFile;
  protected readonly sources: JournalReads;

  constructor(file: JournalFile, byteLength: number, sources: JournalReads) {
    this.file = file;
    this.byteLength = byteLength;
    this.sources = sources;
    file.references += 1;
  }

  abstract load(): readonly Slice[] | Promise<readonly Slice[]>;

  release(): void {
    this.file.references -= 1;
  }

  /** Reads stretches of the file, from row `first` on, into `bytes`, one behind the other; null when that is done already. */
  protected readSpans(bytes: Buffer, spans: readonly Span[], first = 0): Promise<void> | null {
    let at = 0;
    for (let row = first; row < spans.length; row++) {
      const span = spans[row] as Span;
      const end = at + span.end - span.start;
      const reading = this.sources.files.read(this.file, bytes.subarray(at, end), span.start);
      if (isPromise(reading)) {
        return reading.then((read) => {
          this.#tookIn(read, span);
          return this.readSpans(bytes.subarray(end), spans, row + 1) ?? undefined;
        });
      }
      this.#tookIn(reading, span);
      at = end;
    }
    return null;
  }

  #tookIn(read: number, { start, end }: Span): void {
    const { stats } = this.sources;
    stats.fileReads += 1;
    stats.fileReadBytes += read;
    if (read < end - start)
      throw new StorageError('CORRUPT', `${this.file.path} ends before ${end}: restore it from a copy`);
  }
}

/** Positions in a file; `end` is exclusive. */
export interface Span {
  readonly start: number;
  end: number;
}

/** What `finish` makes of a buffer once it is filled, at once if `fill` is done at once. Gives back the caller's reference. */
export function whenFilled(
  buffer: ReadBuffer,
  fill: () => Promise<void> | null,
  finish: () => readonly Slice[],
): readonly Slice[] | Promise<readonly Slice[]> {
  let filling: Promise<void> | null = null;
  try {
    filling = fill();
    if (filling === null) return finish();
  } finally {
    if (filling === null) buffer.release();
  }
  return filling.then(finish).finally(() => buffer.release());
}
