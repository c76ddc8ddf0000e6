/**
 * A stream in a checkpoint, as short as it can be said: most are like the one before. All numbers are varints (seven bits a
 * byte, lowest first, the highest bit set where another byte follows); a difference is twice its size, and one more where
 * it is negative.
 *
 *   mask of the fields that follow · id, as a difference from one past that of the row before (at first: 0)
 *   1 log start · 2 end offset, from the log start · 4 live bytes · 8 newest file, as a difference from the row before's
 *   16 newest snapshot: file, as a difference from the newest file, position, offset, length
 *   32 leader epoch, as a difference from the row before's (at first: -1) · 64 flags
 *   128 end of the newest abort marker · 256 end of what is compacted
 *
 * A number that is not there is 0, or that of the row before.
 */
import { turn } from '../../base/real-time.ts';
import type { Directory } from '../directory.ts';

/** Bytes of a row at most, whatever it says. */
export const MAX_ROW_BYTES = 96;
/** Bytes of a row that says nothing but the next id. */
const LEAST_ROW_BYTES = 2;
/** Rows read in one turn of the event loop: some milliseconds. */
const ROWS_PER_SLICE = 32 * 1024;

/** Bytes of a position in a file, as of a leader epoch's difference, at most. */
const UINT32_BYTES = 5;
const MASK_BYTES = 2;
const FLAGS_BYTES = 1;

function numberBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

function differenceBytes(size: number): number {
  return size < 0x40 ? 1 : 1 + numberBytes(Math.floor(size / 0x40));
}

/** Bytes of a row of this directory at most. @param lastFile the largest sequence of a file */
export function rowBytesAtMost(directory: Directory, lastFile: number): number {
  const { largestStream, largestEnd, largestSnapshotBytes, totalLiveBytes } = directory;
  const offset = numberBytes(largestEnd);
  const file = differenceBytes(lastFile);
  const snapshot = largestSnapshotBytes === 0 ? 0 : file + UINT32_BYTES + offset + numberBytes(largestSnapshotBytes);
  // Log start, end, the newest abort marker, the end of what is compacted.
  const offsets = 4 * offset;
  const said =
    MASK_BYTES + differenceBytes(largestStream + 1) + numberBytes(totalLiveBytes) + file + UINT32_BYTES + FLAGS_BYTES;
  return said + offsets + snapshot;
}

const Field = {
  LOG_START: 1,
  END: 2,
  LIVE_BYTES: 4,
  NEWEST_FILE: 8,
  SNAPSHOT: 16,
  LEADER_EPOCH: 32,
  FLAGS: 64,
  ABORT_END: 128,
  COMPACTED_END: 256,
} as const;

/** What the row before said. */
class Former {
  stream = -1;
  newestFile = 0;
  leaderEpoch = -1;
}

export class RowWriter {
  readonly #directory: Directory;
  readonly #former = new Former();
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Writes a row of the directory at `at`, where there is room for MAX_ROW_BYTES; gives the place behind it. */
  write(row: number, bytes: Buffer, at: number): number {
    const d = this.#directory;
    const former = this.#former;
    this.#bytes = bytes;
    this.#at = at;
    const stream = d.stream.get(row);
    const logStart = d.journaledStart.get(row);
    const newestFile = d.newestFile.get(row);
    const leaderEpoch = d.leaderEpoch.get(row);
    const mask = this.#maskOf(row);
    this.#number(mask);
    this.#difference(stream - former.stream - 1);
    if ((mask & Field.LOG_START) !== 0) this.#number(logStart);
    if ((mask & Field.END) !== 0) this.#number(d.writtenEnd.get(row) - logStart);
    if ((mask & Field.LIVE_BYTES) !== 0) this.#number(d.liveBytes.get(row));
    if ((mask & Field.NEWEST_FILE) !== 0) this.#difference(newestFile - former.newestFile);
    if ((mask & Field.SNAPSHOT) !== 0) {
      this.#difference(d.snapshotFile.get(row) - newestFile);
      this.#number(d.snapshotPosition.get(row));
      this.#number(d.snapshotOffset.get(row));
      this.#number(d.snapshotLength.get(row));
    }
    if ((mask & Field.LEADER_EPOCH) !== 0) this.#difference(leaderEpoch - former.leaderEpoch);
    if ((mask & Field.FLAGS) !== 0) this.#number(d.flags.get(row));
    if ((mask & Field.ABORT_END) !== 0) this.#number(d.newestAbortEnd.get(row));
    if ((mask & Field.COMPACTED_END) !== 0) this.#number(d.compactedEnd.get(row));
    former.stream = stream;
    former.newestFile = newestFile;
    former.leaderEpoch = leaderEpoch;
    return this.#at;
  }

  #maskOf(row: number): number {
    const d = this.#directory;
    let mask = 0;
    if (d.journaledStart.get(row) !== 0) mask |= Field.LOG_START;
    if (d.writtenEnd.get(row) !== d.journaledStart.get(row)) mask |= Field.END;
    if (d.liveBytes.get(row) !== 0) mask |= Field.LIVE_BYTES;
    if (d.newestFile.get(row) !== this.#former.newestFile) mask |= Field.NEWEST_FILE;
    if (d.snapshotFile.get(row) !== 0) mask |= Field.SNAPSHOT;
    if (d.leaderEpoch.get(row) !== this.#former.leaderEpoch) mask |= Field.LEADER_EPOCH;
    if (d.flags.get(row) !== 0) mask |= Field.FLAGS;
    if (d.newestAbortEnd.get(row) !== 0) mask |= Field.ABORT_END;
    if (d.compactedEnd.get(row) !== 0) mask |= Field.COMPACTED_END;
    return mask;
  }

  #difference(value: number): void {
    const size = Math.abs(value);
    // Twice a large one might not be exact.
    const first = (size % 0x40) * 2 + (value < 0 ? 1 : 0);
    const rest = Math.floor(size / 0x40);
    this.#bytes[this.#at++] = rest === 0 ? first : first | 0x80;
    if (rest > 0) this.#number(rest);
  }

  #number(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }
}

export class RowReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Adds so many streams to an empty directory; false when the bytes do not hold just these and less than `padding`. */
  async readInto(directory: Directory, count: number, padding: number): Promise<boolean> {
    if (count * LEAST_ROW_BYTES > this.#bytes.length) return false;
    directory.reserve(count);
    const former = new Former();
    for (let i = 0; i < count; i++) {
      if (i % ROWS_PER_SLICE === ROWS_PER_SLICE - 1) await turn();
      if (this.#at >= this.#bytes.length) return false;
      this.#readRow(directory, former);
    }
    return this.#at <= this.#bytes.length && this.#at > this.#bytes.length - padding;
  }

  #readRow(d: Directory, former: Former): void {
    const mask = this.#number();
    former.stream += 1 + this.#difference();
    const row = d.add(former.stream, 0);
    let end = 0;
    if ((mask & Field.LOG_START) !== 0) {
      end = this.#number();
      d.journaledStart.set(row, end);
      d.logStart.set(row, end);
    }
    if ((mask & Field.END) !== 0) end += this.#number();
    d.writtenEnd.set(row, end);
    d.moveEnd(row, end);
    if ((mask & Field.LIVE_BYTES) !== 0) d.addLiveBytes(row, this.#number());
    if ((mask & Field.NEWEST_FILE) !== 0) former.newestFile += this.#difference();
    d.newestFile.set(row, former.newestFile);
    if ((mask & Field.SNAPSHOT) !== 0) {
      d.snapshotFile.set(row, former.newestFile + this.#difference());
      d.snapshotPosition.set(row, this.#number());
      d.snapshotOffset.set(row, this.#number());
      d.setSnapshotLength(row, this.#number());
    }
    if ((mask & Field.LEADER_EPOCH) !== 0) former.leaderEpoch += this.#difference();
    d.leaderEpoch.set(row, former.leaderEpoch);
    if ((mask & Field.FLAGS) !== 0) d.flags.set(row, this.#number());
    if ((mask & Field.ABORT_END) !== 0) d.newestAbortEnd.set(row, this.#number());
    if ((mask & Field.COMPACTED_END) !== 0) d.compactedEnd.set(row, this.#number());
  }

  #difference(): number {
    const first = this.#bytes[this.#at++] ?? 0;
    const size = ((first >>> 1) & 0x3f) + (first < 0x80 ? 0 : this.#number() * 0x40);
    return (first & 1) === 0 ? size : -size;
  }

  /** Beyond the end of the bytes there are zeros; `readInto` notices. */
  #number(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++] ?? 0;
      if (byte < 0x80) return value + byte * unit;
      value += (byte - 0x80) * unit;
      unit *= 0x80;
    }
  }
}
