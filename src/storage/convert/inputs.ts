/** All sources of a merge, open: a cursor on each, and more of them for who must see a stream beforehand. */
import type { Files } from '../files/files.ts';
import type { StreamId } from '../types.ts';
import type { InputCursor } from './input.ts';
import { JournalCursor } from './journal-cursor.ts';
import type { ReadMemory } from './read-memory.ts';
import { openJournal } from './journal-input.ts';
import type { OpenJournal } from './journal-input.ts';
import { SegmentCursor } from './segment-cursor.ts';
import { openLayer } from './segment-input.ts';
import type { OpenSegment } from './segment-input.ts';
import type { MergeInput } from './types.ts';

/** Memory for what is read ahead of journal files, all together. */
const READ_AHEAD_BYTES = 16 * 1024 * 1024;
const MIN_CHUNK_BYTES = 512 * 1024;
/** The same for one that only shows a stream. */
const SECOND_CHUNK_BYTES = 1024 * 1024;

type OpenInput =
  | { readonly kind: 'journal'; readonly journal: OpenJournal }
  | { readonly kind: 'layer'; readonly segments: readonly OpenSegment[] };

export class MergeInputs {
  readonly #inputs: readonly OpenInput[];
  /** One for each source, oldest first. */
  readonly cursors: readonly InputCursor[];

  readonly #memory: ReadMemory;

  private constructor(inputs: readonly OpenInput[], memory: ReadMemory) {
    this.#inputs = inputs;
    this.#memory = memory;
    const journals = inputs.filter(({ kind }) => kind === 'journal').length;
    const chunkBytes = Math.max(MIN_CHUNK_BYTES, Math.floor(READ_AHEAD_BYTES / Math.max(1, journals)));
    this.cursors = inputs.map((input) =>
      input.kind === 'journal'
        ? new JournalCursor(input.journal, { chunkBytes, memory })
        : new SegmentCursor(input.segments),
    );
  }

  /** Opens all of them. @throws DamagedInput; errors of the disk */
  static async open(files: Files, inputs: readonly MergeInput[], memory: ReadMemory): Promise<MergeInputs> {
    const opened: OpenInput[] = [];
    try {
      for (const input of inputs) {
        if (input.kind === 'journal') opened.push({ kind: 'journal', journal: await openJournal(files, input) });
        else opened.push({ kind: 'layer', segments: await openLayer(files, input) });
      }
      return new MergeInputs(opened, memory);
    } catch (error) {
      await close(opened);
      throw error;
    }
  }

  /** New cursors on the first batches of `stream` that end behind `fromOffset`, oldest source first. */
  *cursorsAt(stream: StreamId, fromOffset: number): Generator<InputCursor, void, undefined> {
    const reading = { chunkBytes: SECOND_CHUNK_BYTES, memory: this.#memory };
    for (const input of this.#inputs) {
      const cursor =
        input.kind === 'journal'
          ? new JournalCursor(input.journal, reading, stream, fromOffset)
          : new SegmentCursor(input.segments, stream, fromOffset);
      try {
        yield cursor;
      } finally {
        cursor.close();
      }
    }
  }

  /** Bytes read so far. */
  get readBytes(): number {
    return this.cursors.reduce((sum, { readBytes }) => sum + readBytes, 0);
  }

  async close(): Promise<void> {
    for (const cursor of this.cursors) cursor.close();
    await close(this.#inputs);
  }
}

async function close(inputs: readonly OpenInput[]): Promise<void> {
  for (const input of inputs) {
    const files = input.kind === 'journal' ? [input.journal.file] : input.segments.map(({ file }) => file);
    for (const file of files) await file.close().catch(() => undefined);
  }
}
