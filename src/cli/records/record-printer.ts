/** Prints the records of fetched batches, within ranges and up to a number of them. */
import type { FetchedBatch, OpenBatch } from '../../client/record-batches.ts';
import type { ReadRange } from '../../client/record-reader.ts';
import { ByteSink } from './byte-sink.ts';
import type { Printer } from './printers.ts';

export class RecordPrinter {
  readonly #printer: Printer;
  readonly #ranges: ReadonlyMap<string, ReadRange>;
  /** Where what is printed gathers. */
  readonly sink = new ByteSink();
  /** Records that may still be printed. */
  left: number;

  constructor(printer: Printer, ranges: readonly ReadRange[], count = Number.POSITIVE_INFINITY) {
    this.#printer = printer;
    this.#ranges = new Map(ranges.map((range) => [`${range.topic} ${range.partition}`, range]));
    this.left = count;
  }

  /** Gives the number of records that were printed. */
  print({ topic, partition }: FetchedBatch, batch: OpenBatch): number {
    const { cursor, baseOffset, baseTimestampMs, appendTimeMs } = batch;
    const { startOffset = 0, endOffset = 0 } = this.#ranges.get(`${topic} ${partition}`) ?? {};
    let printed = 0;
    while (printed < this.left && cursor.next()) {
      const offset = baseOffset + cursor.offsetDelta;
      if (offset < startOffset) continue;
      if (offset >= endOffset) break;
      const timestampMs = appendTimeMs ?? baseTimestampMs + cursor.timestampDelta;
      this.#printer({ topic, partition, offset, timestampMs, batch }, this.sink);
      printed += 1;
    }
    this.left -= printed;
    return printed;
  }
}
