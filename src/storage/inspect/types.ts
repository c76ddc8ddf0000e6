/** What an inspection tells of a file. Whoever inspects changes nothing, and believes nothing that a file says. */

/** Something that is not as it was written. */
export interface Damage {
  readonly path: string;
  /** In bytes from the start of the file. */
  readonly position: number;
  readonly what: string;
  /** What it says can be derived from the rest: a start goes on with a warning. */
  readonly isDerived: boolean;
}

export type FileKind = 'journal' | 'segment' | 'catalog' | 'reserve' | 'spare' | 'aside' | 'unknown';

/** One file of a data directory. Numbers are bytes unless they say otherwise. */
export interface FileReport {
  readonly path: string;
  readonly kind: FileKind;
  readonly byteLength: number;
  /** Format version; null where there is none, or the header is damaged. */
  readonly version: number | null;
  /** What is to be known of this kind of file, in the order in which it is shown. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
  readonly damage: readonly Damage[];
}

/** An entry of a journal file, or a batch of a segment, as `dump` shows it. */
export interface DumpedEntry {
  readonly path: string;
  /** Where it lies; of a batch in a compressed block, where the block does. */
  readonly position: number;
  readonly kind: string;
  readonly stream: number;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly leaderEpoch: number;
  /** Or -1. */
  readonly maxTimestampMs: number;
  /** When it was written, or 0 where that is not known. */
  readonly writtenMs: number;
  readonly byteLength: number;
  /** A v2 record batch, not other bytes. */
  readonly isRecordBatch: boolean;
  readonly payload: Buffer;
}
