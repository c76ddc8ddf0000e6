/** Prints the records of fetched batches, within ranges and up to a number of them. */
import { nextOffset } from '../../../protocol/records/batch.ts';
import type { PartitionName } from '../../client/offsets.ts';
import type { FetchedBatch, OpenBatch } from '../../client/record-batches.ts';
import type { ReadRange } from '../../client/record-reader.ts';
import { ByteSink } from './byte-sink.ts';
import type { Printer } from './printers.ts';

export function placeName({ topic, partition }: PartitionName): string {
  return `${topic} ${partition}`;
}

export class RecordPrinter {
  readonly #printer: Printer;
  readonly #ranges: ReadonlyMap<string, ReadRange>;
  /** Where what is printed gathers. */
  readonly sink = new ByteSink();
  /** Records that may still be printed. */
  left: number;
  /** By topic and partition, as `placeName` joins them: the offset behind what was printed. */
  readonly nextOffsets = new Map<string, number>();

  constructor(printer: Printer, ranges: readonly ReadRange[], count = Number.POSITIVE_INFINITY) {
    this.#printer = printer;
    this.#ranges = new Map(ranges.map((range) => [placeName(range), range]));
    this.left = count;
  }

  /** Gives the number of records that were printed. */
  print({ topic, partition, buffer, at }: FetchedBatch, batch: OpenBatch): number {
    const { cursor, baseOffset, baseTimestampMs, appendTimeMs } = batch;
    const name = placeName({ topic, partition });
    const { startOffset = 0, endOffset = 0 } = this.#ranges.get(name) ?? {};
    if (this.left === 0) return 0;
    let printed = 0;
    let next = nextOffset(buffer, at);
    while (cursor.next()) {
      const offset = baseOffset + cursor.offsetDelta;
      if (offset < startOffset) continue;
      if (offset >= endOffset || printed === this.left) {
        next = offset;
        break;
      }
      const timestampMs = appendTimeMs ?? baseTimestampMs + cursor.timestampDelta;
      this.#printer({ topic, partition, offset, timestampMs, batch }, this.sink);
      printed += 1;
    }
    this.left -= printed;
    this.nextOffsets.set(name, next);
    return printed;
  }
}
