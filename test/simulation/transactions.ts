/** A partition over a stream of the engine: producers and their transactions, and a reader of committed records. */
import assert from 'node:assert/strict';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { partitionSettings } from '../support/partitions.ts';
import { checkReader } from '../support/transaction-model.ts';
import { TransactionWalk } from '../support/transaction-walk.ts';
import type { Machine } from './machine.ts';

export class SimulatedPartition {
  readonly id: number;
  readonly #machine: Machine;
  readonly #walk: TransactionWalk;
  #log!: StreamPartitionLog;
  #isMaking = false;
  /** How often it was given up and made again. */
  evictions = 0;
  /** Ends of the log that were acknowledged, and when. */
  #acknowledged: Array<{ readonly endOffset: number; readonly at: number }> = [];

  constructor(machine: Machine, id: number) {
    this.#machine = machine;
    this.id = id;
    this.#walk = new TransactionWalk(machine.random);
  }

  /** Makes the partition anew over what a start found, and compares with what was promised. */
  async start(promisedAt: number): Promise<void> {
    const { engine, durability } = this.#machine;
    engine.createStream(this.id);
    engine.onBeforeSeal(() => {
      if (!this.#isMaking) this.#log.producers.writeSnapshot(this.#log.logEndOffset);
    });
    await this.#make();
    const log = this.#log;
    const isPromised = (at: number): boolean => durability === 'fsync' || at <= promisedAt;
    for (const { endOffset, at } of this.#acknowledged) {
      assert.ok(
        !isPromised(at) || log.logEndOffset >= endOffset,
        `partition ${this.id}: acknowledged up to ${endOffset}`,
      );
    }
    this.#walk.model.cut(log.logEndOffset);
    this.#acknowledged = [];
    this.#checkOpen();
    await this.#machine.run(checkReader(log, this.#walk.model, log.logStartOffset, 4000));
  }

  async #make(): Promise<void> {
    const { engine, clock, starts } = this.#machine;
    const identity = { topicName: 't', topicId: 'id', index: 0, stream: this.id, leaderEpoch: starts };
    this.#log = new StreamPartitionLog(identity, partitionSettings(), engine, clock);
    this.#isMaking = true;
    await this.#machine.run(Promise.resolve(this.#log.ready())).finally(() => (this.#isMaking = false));
  }

  /** Gives the partition up if nothing is under way in it, as when nobody uses it, and makes it again: nothing is forgotten. */
  async evict(): Promise<void> {
    if (!this.#isWritable || this.#machine.disk.failing.has('read')) return;
    const before = this.#log;
    let facts = { logEndOffset: 0, lastStableOffset: 0, size: 0 };
    // Once to forget the last use, once to write down what is known.
    const isGivenUp = (): boolean => {
      const { logEndOffset, lastStableOffset, producers } = before;
      facts = { logEndOffset, lastStableOffset, size: producers.size };
      return before.evictIfIdle();
    };
    if (!isGivenUp() && !isGivenUp()) {
      await this.#machine.run(this.#machine.engine.flush().catch(() => undefined));
      if (!this.#isWritable || !isGivenUp()) return;
    }
    this.#machine.say('partition: given up');
    this.evictions += 1;
    await this.#make();
    assert.equal(this.#log.logEndOffset, facts.logEndOffset);
    assert.equal(this.#log.lastStableOffset, facts.lastStableOffset, 'its last stable offset');
    assert.equal(this.#log.producers.size, facts.size, 'its producers');
    this.#checkOpen();
  }

  #checkOpen(): void {
    const producers = this.#log.activeProducers();
    for (const [id, firstOffset] of this.#walk.model.transactions().open) {
      const producer = producers.find(({ producerId }) => producerId === id);
      assert.equal(producer?.transactionStart, firstOffset, `partition ${this.id}: the open transaction of ${id}`);
    }
  }

  /** What producers do in one turn. */
  write(): void {
    if (!this.#isWritable) return;
    for (let i = this.#machine.random.int(6); i >= 0; i--) this.#walk.step(this.#log);
    const endOffset = this.#log.logEndOffset;
    this.#machine.say(`partition: append up to ${endOffset}`);
    const life = this.#machine.starts;
    this.#log.whenCommitted(endOffset, (error) => {
      if (error === null && this.#machine.starts === life)
        this.#acknowledged.push({ endOffset, at: ++this.#machine.moment });
    });
  }

  /** Appends that failed are taken back once all of them were told: until then nothing is appended. */
  get #isWritable(): boolean {
    if (!this.#machine.isWell) return false;
    const { model } = this.#walk;
    if (this.#log.logEndOffset < model.endOffset && this.#log.highWatermark === this.#log.logEndOffset) {
      model.cut(this.#log.logEndOffset);
    }
    const isWhole = this.#log.logEndOffset === model.endOffset;
    return isWhole && this.#machine.engine.state(this.id).logEndOffset === model.endOffset;
  }

  /** Reads committed records, if nothing else goes on in this partition. */
  async read(): Promise<void> {
    if (!this.#isWritable || this.#log.highWatermark < this.#log.logEndOffset) return;
    const { random } = this.#machine;
    const { logStartOffset, logEndOffset } = this.#log;
    const from = logStartOffset + random.int(Math.max(1, logEndOffset - logStartOffset));
    const log = this.#log;
    await checkReader(log, this.#walk.model, from, 1 + random.int(3000)).catch((error: unknown) => {
      const isTrimmed = error instanceof KafkaError && error.code === ErrorCode.OFFSET_OUT_OF_RANGE;
      if (!isTrimmed || log.logStartOffset === logStartOffset) throw error;
    });
  }

  async trim(): Promise<void> {
    const { logStartOffset, highWatermark } = this.#log;
    const to = logStartOffset + this.#machine.random.int(12);
    if (to <= logStartOffset || to > highWatermark) return;
    this.#machine.say(`partition: trim to ${to}`);
    await this.#log.deleteRecords(to);
  }

  writeSnapshot(): void {
    if (!this.#isWritable) return;
    this.#machine.say('partition: snapshot');
    this.#log.producers.writeSnapshot(this.#log.logEndOffset);
  }
}
