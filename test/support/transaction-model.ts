/**
 * What a partition must say of its transactions, told from the plain list of what was appended; and a reader of committed
 * records that goes by aborted lists as clients do.
 */
import assert from 'node:assert/strict';
import { baseOffset, isControl, isTransactional, nextOffset, producerId } from '../../protocol/records/batch.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { readMarker } from '../../protocol/records/markers.ts';
import { IsolationLevel, type PartitionLog, type PartitionRead } from '../../src/partition/types.ts';

/** One batch or marker of the log. */
export interface Appended {
  readonly offset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly id: bigint;
  readonly epoch: number;
  readonly kind: 'plain' | 'transactional' | 'commit' | 'abort';
  /** Of the first record; -1 of a marker. */
  readonly sequence: number;
  readonly values: readonly string[];
}

interface Ended {
  readonly id: bigint;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly isAbort: boolean;
}

export class TransactionModel {
  #batches: Appended[] = [];

  get endOffset(): number {
    return this.#batches.at(-1)?.endOffset ?? 0;
  }

  add(batch: Appended): void {
    assert.equal(batch.offset, this.endOffset);
    this.#batches.push(batch);
  }

  /** Everything from `offset` on was lost. */
  cut(offset: number): void {
    this.#batches = this.#batches.filter((batch) => batch.offset < offset);
    assert.equal(this.endOffset, offset);
  }

  lastOf(id: bigint): Appended | undefined {
    return this.#batches.findLast((batch) => batch.id === id);
  }

  /** Batches of the producer from `offset` on. */
  batchesOf(id: bigint, offset: number): number {
    return this.#batches.filter((batch) => batch.id === id && batch.sequence >= 0 && batch.offset >= offset).length;
  }

  lastDataOf(id: bigint): Appended | undefined {
    return this.#batches.findLast((batch) => batch.id === id && batch.sequence >= 0);
  }

  /** Open transactions by producer, and those that ended. */
  transactions(): { readonly open: ReadonlyMap<bigint, number>; readonly ended: readonly Ended[] } {
    const open = new Map<bigint, number>();
    const ended: Ended[] = [];
    for (const { id, kind, offset } of this.#batches) {
      const firstOffset = open.get(id);
      if (kind === 'transactional') open.set(id, firstOffset ?? offset);
      if (kind !== 'commit' && kind !== 'abort') continue;
      if (firstOffset !== undefined) ended.push({ id, firstOffset, lastOffset: offset, isAbort: kind === 'abort' });
      open.delete(id);
    }
    return { open, ended };
  }

  lastStableOffset(highWatermark: number, logStartOffset: number): number {
    const { open, ended } = this.transactions();
    const undecided = ended.filter(({ lastOffset }) => lastOffset >= highWatermark).map((one) => one.firstOffset);
    const first = Math.min(...open.values(), ...undecided);
    return first >= highWatermark ? highWatermark : Math.max(first, logStartOffset);
  }

  /** What a reader that was given [offset, endOffset) must have been told. */
  aborted(offset: number, endOffset: number): [bigint, number][] {
    return this.transactions()
      .ended.filter((one) => one.isAbort && one.lastOffset >= offset && one.firstOffset < endOffset)
      .map(({ id, firstOffset }) => [id, firstOffset]);
  }

  /** Values of committed records in [from, to), by offset. */
  committed(from: number, to: number): [number, string][] {
    const aborts = this.transactions().ended.filter(({ isAbort }) => isAbort);
    const isAborted = ({ id, kind, offset }: Appended): boolean =>
      kind === 'transactional' &&
      aborts.some((one) => one.id === id && one.firstOffset <= offset && offset < one.lastOffset);
    return this.#batches
      .filter((batch) => !isAborted(batch))
      .flatMap(({ offset, values }) => values.map((value, i): [number, string] => [offset + i, value]))
      .filter(([offset]) => offset >= from && offset < to);
  }
}

async function bytesOf(read: PartitionRead): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (const part of read.parts) {
    for (const { bytes, owner } of await part.load()) {
      chunks.push(Buffer.from(bytes));
      owner.release();
    }
    part.release();
  }
  return Buffer.concat(chunks);
}

/** One fetch's committed records, and where the next begins: a client forgets what was aborted in between. */
function visibleIn(bytes: Buffer, read: PartitionRead, from: number): { values: [number, string][]; next: number } {
  const waiting = [...read.abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<bigint>();
  const values: [number, string][] = [];
  let next = from;
  for (const at of batchPositions(bytes)) {
    const batch = bytes.subarray(at);
    const id = producerId(batch, 0);
    const endOffset = nextOffset(batch, 0);
    while (waiting[0] !== undefined && waiting[0].firstOffset < endOffset) {
      aborting.add((waiting.shift() as { producerId: bigint }).producerId);
    }
    next = endOffset;
    if (isControl(batch, 0)) {
      assert.equal(endOffset, baseOffset(batch, 0) + 1, 'a marker has one offset');
      if (readMarker(batch)?.outcome === 'abort') aborting.delete(id);
      continue;
    }
    if (isTransactional(batch, 0) && aborting.has(id)) continue;
    for (const { offset, value } of decodeRecordsSync(batch)) {
      if (offset >= from) values.push([offset, value?.toString() ?? '']);
    }
  }
  return { values, next };
}

/**
 * Reads all committed records as a client does, fetch by fetch; compares them, and what each fetch tells of transactions,
 * with the model.
 */
export async function checkReader(log: PartitionLog, model: TransactionModel, from: number, maxBytes: number) {
  const values: [number, string][] = [];
  const { lastStableOffset, highWatermark } = log;
  assert.equal(lastStableOffset, model.lastStableOffset(highWatermark, log.logStartOffset));
  let offset = from;
  while (offset < lastStableOffset) {
    const isolation = IsolationLevel.READ_COMMITTED;
    const bounds = { maxBytes, atLeastOne: true, currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const read = await log.read({ offset, isolation, ...bounds });
    const bytes = await bytesOf(read);
    const visible = visibleIn(bytes, read, offset);
    assert.ok(visible.next > offset && visible.next <= lastStableOffset, `from ${offset} to ${visible.next}`);
    const told = read.abortedTransactions.map((one): [bigint, number] => [one.producerId, one.firstOffset]);
    assert.deepEqual(told, model.aborted(offset, visible.next), `aborted from ${offset} to ${visible.next}`);
    values.push(...visible.values);
    offset = visible.next;
  }
  assert.deepEqual(values, model.committed(from, lastStableOffset));
}
