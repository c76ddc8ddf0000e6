/** One stream of the engine and what it must hold: record batches or opaque bytes, appended, read, searched and trimmed. */
import assert from 'node:assert/strict';
import { verifyCrc } from '../../protocol/records/batch.ts';
import { plainSlice } from '../../src/base/counted.ts';
import type { StorageError } from '../../src/storage/types.ts';
import { makeBatch, readOnce } from '../support/batches.ts';
import type { Machine } from './machine.ts';

interface Entry {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly bytes: Buffer;
  readonly maxTimestampMs: number;
  readonly leaderEpoch: number;
  readonly isSynced: boolean;
  /** When it was appended, and when it was acknowledged; 0 while it was not. */
  readonly appendedAt: number;
  acknowledgedAt: number;
}

/** A log start offset that was asked for. */
interface Trim {
  readonly offset: number;
  readonly askedAt: number;
  acknowledgedAt: number;
}

export class RawStream {
  readonly id: number;
  readonly #machine: Machine;
  readonly #isOpaque: boolean;
  entries: Entry[] = [];
  #trims: Trim[] = [];
  /** Appends that failed, and those behind them that are not told yet. */
  #untold = 0;
  #hasFailed = false;
  /** Some may be written, and nobody will know before the next start. */
  #isUnknown = false;
  /** The newest snapshot that was written; null when that was not taken, and an older one counts. */
  #snapshot: number | null = -1;
  deletedAt = 0;
  isDeleting = false;

  constructor(machine: Machine, id: number) {
    this.#machine = machine;
    this.id = id;
    this.#isOpaque = id % 3 === 0;
  }

  get #engine() {
    return this.#machine.engine;
  }

  /** False where a full disk did not take its creation. */
  get exists(): boolean {
    return this.#engine.has(this.id);
  }

  get endOffset(): number {
    return this.entries.at(-1)?.endOffset ?? 0;
  }

  /** Appends one entry; nobody waits for it. */
  append(): void {
    const machine = this.#machine;
    if (this.#hasFailed || !machine.isWell) return;
    const { random } = machine;
    const baseOffset = this.endOffset;
    const records = machine.oneIn(4) ? 1 + random.int(20) : 1;
    const maxTimestampMs = machine.oneIn(10) ? -1 : machine.clock.now() - random.int(2000);
    const bodyBytes = machine.oneIn(12) ? random.int(20_000) : random.int(600);
    const leaderEpoch = machine.starts;
    const seed = this.id * 1_000_003 + baseOffset * 31 + machine.starts;
    const bytes = makeBatch({ baseOffset, records, leaderEpoch, maxTimestampMs, bodyBytes, seed });
    // Some look like record batches, and are none.
    if (this.#isOpaque && machine.oneIn(2)) bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    const payload = this.#isOpaque && machine.oneIn(2) ? bytes.subarray(random.int(bytes.length)) : bytes;
    const isSynced = machine.oneIn(6) || machine.durability === 'fsync';
    const entry: Entry = {
      baseOffset,
      endOffset: baseOffset + records,
      bytes: Buffer.from(payload),
      maxTimestampMs,
      leaderEpoch,
      isSynced,
      appendedAt: ++machine.moment,
      acknowledgedAt: 0,
    };
    const life = machine.starts;
    this.#engine.append({
      stream: this.id,
      baseOffset,
      offsetCount: records,
      leaderEpoch,
      maxTimestampMs,
      payload: plainSlice(payload),
      isOpaque: this.#isOpaque,
      durability: isSynced ? 'fsync' : 'os',
      onCommit: (error) => machine.starts === life && this.#told(entry, error),
    });
    this.entries.push(entry);
    machine.say(`stream ${this.id}: append ${baseOffset} to ${entry.endOffset}, ${payload.length} bytes`);
    this.#untold += 1;
  }

  #told(entry: Entry, error: StorageError | null): void {
    this.#untold -= 1;
    const outcome = error === null ? 'acknowledged' : `failed: ${error.code}`;
    this.#machine.say(`stream ${this.id}: ${entry.baseOffset} ${entry.isSynced ? '(synced) ' : ''}${outcome}`);
    if (error === null) {
      assert.equal(this.#hasFailed, false, `stream ${this.id}: acknowledged behind one that failed`);
      entry.acknowledgedAt = ++this.#machine.moment;
      return;
    }
    this.#hasFailed = true;
    if (error.code === 'POISONED') this.#isUnknown = true;
    if (this.#untold > 0 || this.#isUnknown) return;
    // A full disk: nothing of it was written, and it goes on where it was.
    while (this.entries.at(-1)?.acknowledgedAt === 0) this.entries.pop();
    this.#hasFailed = false;
    if (!this.isDeleting) assert.equal(this.#engine.state(this.id).logEndOffset, this.endOffset);
  }

  /** Reads from anywhere, as much as comes to mind, and compares. */
  async read(): Promise<void> {
    const { random } = this.#machine;
    const { logStartOffset } = this.#engine.state(this.id);
    if (this.endOffset === 0) return;
    const offset = logStartOffset + random.int(Math.max(1, this.endOffset - logStartOffset));
    const maxBytes = random.int(2) === 0 ? 1 + random.int(4000) : 1024 * 1024;
    const endOffset = random.int(3) === 0 ? offset + random.int(20) : Number.MAX_SAFE_INTEGER;
    await this.#compare(offset, { maxBytes, endOffset });
  }

  async #compare(offset: number, bounds: { readonly maxBytes: number; readonly endOffset: number }): Promise<number> {
    const known = this.entries.slice();
    const read = await readOnce(this.#engine, this.id, offset, bounds);
    if (read.bytes.length === 0) return offset;
    const first = known.findIndex(({ endOffset }) => endOffset > offset);
    const last = known.findIndex(({ endOffset }) => endOffset === read.endOffset);
    const entries = known.slice(first, last + 1);
    assert.ok(
      first >= 0 && last >= first,
      `stream ${this.id}: read [${offset}, ${read.endOffset}) is no whole entries`,
    );
    assert.equal(read.startOffset, entries[0]?.baseOffset);
    const expected = Buffer.concat(entries.map(({ bytes }) => bytes));
    assert.ok(read.bytes.equals(expected), `stream ${this.id}: other bytes from ${offset} to ${read.endOffset}`);
    assert.ok(read.endOffset <= bounds.endOffset && (entries.length === 1 || expected.length <= bounds.maxBytes));
    return read.endOffset;
  }

  /** Asks by time, and for leader epochs. */
  async search(): Promise<void> {
    const { random, clock } = this.#machine;
    const { logStartOffset, logEndOffset } = this.#engine.state(this.id);
    if (this.#untold > 0 || logEndOffset !== this.endOffset) return;
    const live = this.entries.filter(({ endOffset }) => endOffset > logStartOffset);
    const timestampMs = clock.now() - random.int(3000);
    const found = await this.#engine.findByTimestamp(this.id, timestampMs, logStartOffset, logEndOffset);
    if (this.#engine.state(this.id).logStartOffset !== logStartOffset) return; // trimmed meanwhile
    const first = live.find((entry) => entry.maxTimestampMs >= timestampMs);
    assert.equal(found?.baseOffset, first?.baseOffset, `stream ${this.id}: by time ${timestampMs}`);
    if (found !== null) assert.ok(found.bytes.equals(first?.bytes as Buffer));
    const epochs = await this.#engine.leaderEpochs(this.id);
    const expected = live.filter((entry, i) => entry.leaderEpoch !== live[i - 1]?.leaderEpoch);
    if (this.#engine.state(this.id).logStartOffset !== logStartOffset) return;
    assert.deepEqual(
      epochs.map(({ leaderEpoch }) => leaderEpoch),
      expected.map(({ leaderEpoch }) => leaderEpoch),
    );
    assert.ok(
      epochs.every(
        ({ startOffset }, i) => startOffset === Math.max(expected[i]?.baseOffset ?? -1, i === 0 ? startOffset : 0),
      ),
    );
  }

  /** Moves the log start offset, at most to the end of what is acknowledged. */
  trim(): Promise<void> {
    const machine = this.#machine;
    const acknowledged = this.entries.findLast(({ acknowledgedAt }) => acknowledgedAt > 0)?.endOffset ?? 0;
    const { logStartOffset } = this.#engine.state(this.id);
    if (acknowledged <= logStartOffset) return Promise.resolve();
    const offset = logStartOffset + 1 + machine.random.int(acknowledged - logStartOffset);
    const trim: Trim = { offset, askedAt: ++machine.moment, acknowledgedAt: 0 };
    this.#trims.push(trim);
    machine.say(`stream ${this.id}: trim to ${offset}`);
    const life = machine.starts;
    return this.#engine.trim(this.id, offset).then(() => {
      if (machine.starts === life) trim.acknowledgedAt = ++machine.moment;
    });
  }

  writeSnapshot(): void {
    this.#snapshot = this.endOffset;
    const ended = (isKept: boolean): void => void (isKept || (this.#snapshot = null));
    this.#engine.writeSnapshot(this.id, this.endOffset, Buffer.from(`${this.id}@${this.endOffset}`), ended);
  }

  async checkSnapshot(isKnown: boolean): Promise<void> {
    const snapshot = await this.#engine.readSnapshot(this.id);
    if (snapshot !== null) assert.equal(snapshot.bytes.toString(), `${this.id}@${snapshot.offset}`);
    if (isKnown && this.#snapshot !== null)
      assert.equal(snapshot?.offset ?? -1, this.#snapshot, `stream ${this.id}: the newest snapshot`);
    this.#snapshot = snapshot?.offset ?? -1;
  }

  delete(): Promise<void> {
    const machine = this.#machine;
    this.isDeleting = true;
    const life = machine.starts;
    return this.#engine.deleteStream(this.id).then(() => {
      if (machine.starts === life) this.deletedAt = ++machine.moment;
    });
  }

  /** What must be there after a stop at which all acknowledged by `promisedAt`, and what was synced, holds. */
  isPromised(acknowledgedAt: number, isSynced: boolean, promisedAt: number): boolean {
    return acknowledgedAt > 0 && (isSynced || acknowledgedAt <= promisedAt);
  }

  /**
   * Compares with what a start found, and goes on from there.
   * @param promisedAt what was acknowledged up to this moment, without a sync of its own, must be there
   * @returns when the newest entry that is there was appended, and when the oldest that was lost was acknowledged
   */
  async recovered(promisedAt: number): Promise<{ newestAt: number; lostAt: number }> {
    if (!this.#engine.has(this.id)) this.#engine.createStream(this.id);
    const { logStartOffset, logEndOffset, liveBytes } = this.#engine.state(this.id);
    this.#hasFailed = false;
    this.#isUnknown = false;
    this.#untold = 0;
    const lost = this.entries.filter(({ endOffset }) => endOffset > logEndOffset);
    for (const { acknowledgedAt, isSynced, baseOffset } of lost) {
      const isPromised = this.isPromised(acknowledgedAt, isSynced, promisedAt);
      assert.ok(!isPromised, `stream ${this.id}: acknowledged ${baseOffset} is lost, it ends at ${logEndOffset}`);
    }
    this.entries = this.entries.filter(({ endOffset }) => endOffset <= logEndOffset);
    assert.equal(logEndOffset, this.endOffset, `stream ${this.id}: its end`);
    const asked = this.#trims.reduce((most, { offset }) => Math.max(most, offset), 0);
    const isDurable = this.#machine.durability === 'fsync';
    const isOfAll = (trim: Trim): boolean => this.isPromised(trim.acknowledgedAt, isDurable, promisedAt);
    const must = this.#trims.filter(isOfAll).reduce((most, { offset }) => Math.max(most, offset), 0);
    assert.ok(logStartOffset >= must, `stream ${this.id}: starts at ${logStartOffset}, was trimmed to ${must}`);
    assert.ok(
      logStartOffset <= asked,
      `stream ${this.id}: starts at ${logStartOffset}, nobody trimmed beyond ${asked}`,
    );
    this.#trims = [{ offset: logStartOffset, askedAt: 1, acknowledgedAt: 1 }];
    await this.readAll();
    const live = this.entries.filter(({ endOffset }) => endOffset > logStartOffset);
    const bytes = live.reduce((sum, entry) => sum + entry.bytes.length, 0);
    assert.equal(liveBytes, bytes, `stream ${this.id}: its live bytes`);
    for (const entry of this.entries) entry.acknowledgedAt ||= 1;
    const newest = this.entries.at(-1);
    const lostAcknowledged = lost
      .filter(({ acknowledgedAt }) => acknowledgedAt > 0)
      .map((entry) => entry.acknowledgedAt);
    return {
      newestAt: newest !== undefined && newest.endOffset > logStartOffset ? newest.appendedAt : 0,
      lostAt: Math.min(Number.POSITIVE_INFINITY, ...lostAcknowledged),
    };
  }

  /**
   * After damage: what is read is right, or refused as damaged; nothing is missing. Gives how many entries were refused.
   * @param lacks ends may be missing: of a write that went astray and what came behind it
   */
  async readDamaged(lacks = false): Promise<number> {
    if (lacks && !this.exists) return 0;
    assert.ok(this.exists, `stream ${this.id} is gone`);
    const { logStartOffset, logEndOffset } = this.#engine.state(this.id);
    if (!lacks) assert.equal(logEndOffset, this.endOffset, `stream ${this.id}: its end`);
    let refused = 0;
    for (const { endOffset, baseOffset, bytes, acknowledgedAt } of this.entries.slice()) {
      if (endOffset <= logStartOffset || (lacks && (endOffset > logEndOffset || acknowledgedAt === 0))) continue;
      const from = Math.max(baseOffset, logStartOffset);
      try {
        const read = await readOnce(this.#engine, this.id, from, { maxBytes: 1 });
        if (lacks && from < this.#engine.state(this.id).logStartOffset) continue; // trimmed meanwhile
        assert.equal(read.endOffset, endOffset, `stream ${this.id}: nothing at ${from} of ${this.endOffset}`);
        // Of a record batch only the header is compared: whoever reads it has its checksum.
        const isRight = read.bytes.equals(bytes);
        const isTold = !this.#isOpaque && !verifyCrc(read.bytes, 0);
        assert.ok(isRight || isTold, `stream ${this.id}: other bytes at ${from}`);
        if (!isRight) refused += 1;
      } catch (error) {
        if ((error as StorageError).code !== 'CORRUPT') throw error;
        refused += 1;
      }
    }
    return refused;
  }

  /** Reads all there is, entry by entry or in large pieces. */
  async readAll(): Promise<void> {
    const { logStartOffset } = this.#engine.state(this.id);
    const maxBytes = this.#machine.pick([1, 3000, 1024 * 1024]);
    let at = logStartOffset;
    while (at < this.endOffset) {
      const next = await this.#compare(at, { maxBytes, endOffset: Number.MAX_SAFE_INTEGER });
      assert.ok(next > at, `stream ${this.id}: nothing at ${at} of ${this.endOffset}`);
      at = next;
    }
  }
}
