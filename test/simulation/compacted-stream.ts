/** A stream of records with keys that is compacted now and then: each key keeps its latest value, and nothing is invented. */
import assert from 'node:assert/strict';
import { sizeInBytes } from '../../protocol/records/batch.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { plainSlice } from '../../src/base/counted.ts';
import type { StorageError } from '../../src/storage/types.ts';
import { readAll } from '../support/batches.ts';
import { NO_PRODUCERS } from '../support/compact-log.ts';
import type { Machine } from './machine.ts';

const KEYS = 6;
const TIMESTAMP_MS = 1000;

interface Written {
  readonly key: string;
  readonly value: Buffer | null;
}

interface Entry {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly appendedAt: number;
  /** Or 0. */
  acknowledgedAt: number;
}

export class CompactedStream {
  readonly id: number;
  readonly #machine: Machine;
  #entries: Entry[] = [];
  /** All records by offset. */
  #records: Written[] = [];
  #untold = 0;
  #hasFailed = false;
  #isUnknown = false;
  /** End of the farthest compaction that was asked for. */
  #compactedTo = 0;
  #isCompacting = false;
  /** Passes that went through. */
  passes = 0;

  constructor(machine: Machine, id: number) {
    this.#machine = machine;
    this.id = id;
  }

  append(): void {
    const machine = this.#machine;
    if (this.#hasFailed || !machine.isWell || !machine.engine.has(this.id)) return;
    const { random } = machine;
    const baseOffset = this.#records.length;
    const records = Array.from({ length: 1 + random.int(4) }, () => ({
      key: `key-${random.int(KEYS)}`,
      value: machine.oneIn(6) ? null : random.bytes(random.int(400)),
    }));
    const built = records.map(({ key, value }) => ({ key: Buffer.from(key), value, timestampMs: TIMESTAMP_MS }));
    const entry = {
      baseOffset,
      endOffset: baseOffset + records.length,
      appendedAt: ++machine.moment,
      acknowledgedAt: 0,
    };
    const life = machine.starts;
    machine.engine.append({
      stream: this.id,
      baseOffset,
      offsetCount: records.length,
      leaderEpoch: machine.starts,
      maxTimestampMs: TIMESTAMP_MS,
      payload: plainSlice(buildBatch(built, { baseOffset, leaderEpoch: machine.starts })),
      durability: 'os',
      onCommit: (error) => machine.starts === life && this.#told(entry, error),
    });
    this.#entries.push(entry);
    this.#records.push(...records);
    this.#untold += 1;
  }

  #told(entry: Entry, error: StorageError | null): void {
    this.#untold -= 1;
    if (error === null) {
      entry.acknowledgedAt = ++this.#machine.moment;
      return;
    }
    this.#hasFailed = true;
    if (error.code === 'POISONED') this.#isUnknown = true;
    if (this.#untold > 0 || this.#isUnknown) return;
    while (this.#entries.at(-1)?.acknowledgedAt === 0) this.#entries.pop();
    this.#records.length = this.#entries.at(-1)?.endOffset ?? 0;
    this.#hasFailed = false;
  }

  /** Has all but the newest acknowledged batch compacted; nobody waits for it. @param expected takes its failures */
  compact(expected: (error: unknown) => void): void {
    const machine = this.#machine;
    const endOffset = this.#entries.findLast(({ acknowledgedAt }) => acknowledgedAt > 0)?.baseOffset ?? 0;
    if (machine.segments === 'none' || this.#isCompacting || !machine.isWell || endOffset <= this.#compactedTo) return;
    this.#compactedTo = endOffset;
    this.#isCompacting = true;
    machine.say(`stream ${this.id}: compact up to ${endOffset}`);
    const life = machine.starts;
    machine.engine
      .compact({
        stream: this.id,
        endOffset,
        nowMs: machine.clock.now(),
        deleteRetentionMs: machine.pick([0, 1000, 1_000_000]),
        producers: NO_PRODUCERS,
        worthBytes: 1e9,
        mapBytes: 24 * (4 + KEYS),
        mapLoadFactor: machine.pick([0.3, 0.9]),
      })
      .then(
        (outcome) => {
          if (machine.starts !== life) return;
          machine.say(`stream ${this.id}: compacted up to ${outcome?.cleanedEnd ?? 'nothing'}`);
          if (outcome !== null) this.passes += 1;
          if ((outcome?.problem ?? null) !== null) expected(new Error(`a problem: ${outcome?.problem}`));
        },
        (error: unknown) => machine.starts === life && expected(error),
      )
      .finally(() => {
        if (machine.starts === life) this.#isCompacting = false;
      });
  }

  /** Compares with what a start found, and goes on from there; see RawStream. */
  async recovered(promisedAt: number): Promise<{ newestAt: number; lostAt: number }> {
    const { engine, durability } = this.#machine;
    if (!engine.has(this.id)) engine.createStream(this.id);
    const { logEndOffset } = engine.state(this.id);
    this.#hasFailed = this.#isUnknown = this.#isCompacting = false;
    this.#untold = 0;
    const lost = this.#entries.filter(({ endOffset }) => endOffset > logEndOffset);
    for (const { acknowledgedAt, baseOffset } of lost) {
      const isPromised = acknowledgedAt > 0 && (durability === 'fsync' || acknowledgedAt <= promisedAt);
      assert.ok(!isPromised, `stream ${this.id}: acknowledged ${baseOffset} is lost, it ends at ${logEndOffset}`);
    }
    this.#entries = this.#entries.filter(({ endOffset }) => endOffset <= logEndOffset);
    this.#records.length = logEndOffset;
    assert.equal(this.#entries.at(-1)?.endOffset ?? 0, logEndOffset, `stream ${this.id}: its end`);
    for (const entry of this.#entries) entry.acknowledgedAt ||= 1;
    await this.readAll();
    const lostAt = lost.filter(({ acknowledgedAt }) => acknowledgedAt > 0).map((entry) => entry.acknowledgedAt);
    return {
      newestAt: this.#entries.at(-1)?.appendedAt ?? 0,
      lostAt: Math.min(Number.POSITIVE_INFINITY, ...lostAt),
    };
  }

  /** Reads all there is, unless something is on its way. */
  async readAll(): Promise<void> {
    const { engine } = this.#machine;
    if (this.#untold > 0 || !engine.has(this.id) || engine.state(this.id).logEndOffset !== this.#records.length) return;
    const records = this.#records.slice();
    const bytes = await readAll(engine, this.id, undefined, this.#machine.pick([1, 2000, 1024 * 1024]));
    const found = new Set<number>();
    let before = -1;
    for (const at of batchPositions(bytes)) {
      for (const { offset, key, value } of decodeRecordsSync(bytes.subarray(at, at + sizeInBytes(bytes, at)))) {
        assert.ok(offset > before, `stream ${this.id}: ${offset} behind ${before}`);
        before = offset;
        assert.equal(key?.toString(), records[offset]?.key, `stream ${this.id}: the key at ${offset}`);
        assert.deepEqual(value, records[offset]?.value, `stream ${this.id}: the value at ${offset}`);
        found.add(offset);
      }
    }
    records.forEach(({ key, value }, offset) => {
      if (found.has(offset)) return;
      const isLatest = !records.some((other, at) => at > offset && at < this.#compactedTo && other.key === key);
      assert.ok(
        offset < this.#compactedTo && (!isLatest || value === null),
        `stream ${this.id}: lost ${key} at ${offset}, compacted up to ${this.#compactedTo}`,
      );
    });
  }
}
