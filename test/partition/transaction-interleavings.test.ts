/**
 * Any interleaving of transactions with commits, failures, evictions, restarts, snapshots and record deletion keeps the
 * last stable offset, the aborted lists and what is known of producers as the log has them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import type { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import type { ActiveProducer } from '../../src/partition/types.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import { evict, openPartition } from '../support/partitions.ts';
import { checkReader } from '../support/transaction-model.ts';
import { TransactionWalk } from '../support/transaction-walk.ts';

/** One that failed: `SEED=17`. */
const SEEDS = process.env['SEED'] === undefined ? 120 : 0;

class Run {
  readonly random: Random;
  readonly engine = new MemoryEngine({ autoCommit: false });
  readonly walk: TransactionWalk;
  readonly clock = new ManualClock();
  log: StreamPartitionLog;
  #starts = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.walk = new TransactionWalk(this.random);
    this.log = openPartition({ engine: this.engine, clock: this.clock }).log;
  }

  async step(): Promise<void> {
    await this.log.ready();
    const choice = this.random.int(100);
    if (choice < 60) this.walk.step(this.log);
    else if (choice < 80) this.engine.commit(this.random.int(this.engine.queued.length + 1));
    else if (choice < 88) this.#fail();
    else if (choice < 92) this.log.producers.writeSnapshot(this.log.logEndOffset);
    else if (choice < 94) await this.restart();
    else if (choice < 97) await this.evict();
    else await this.log.deleteRecords(this.log.logStartOffset + this.random.int(4)).catch(() => undefined);
    await this.check();
  }

  async check(): Promise<void> {
    const { log, walk } = this;
    await log.ready();
    assert.equal(log.logEndOffset, walk.model.endOffset);
    const from = log.logStartOffset + this.random.int(Math.max(1, log.highWatermark - log.logStartOffset));
    await checkReader(log, walk.model, from, 1 + this.random.int(600));
  }

  /** Nobody used the partition for a while: nothing is forgotten, open transactions and lost sequences neither. */
  async evict(): Promise<void> {
    if (this.random.int(2) === 0) this.engine.commit();
    const before = this.log.activeProducers();
    this.clock.advance(60_000); // nobody waits for the transaction coordinator any more
    const isAtRest = this.engine.queued.length === 0;
    // A log that fell back to nothing stays for what is known of its producers.
    const mayStay = this.log.logEndOffset === 0;
    const isEvicted = evict(this.log);
    assert.ok(isEvicted ? isAtRest : !isAtRest || mayStay);
    if (!isEvicted) return;
    this.log = openPartition({ engine: this.engine, clock: this.clock, leaderEpoch: this.#starts }).log;
    await this.log.ready();
    assert.deepEqual(sorted(this.log.activeProducers()), sorted(before));
  }

  async restart(): Promise<void> {
    if (this.random.int(2) === 0) this.#fail();
    else this.engine.commit();
    const before = this.log.activeProducers();
    this.log = openPartition({ engine: this.engine, clock: this.clock, leaderEpoch: ++this.#starts }).log;
    await this.log.ready();
    // Producers of which nothing is left may begin anew.
    const after = new Map(this.log.activeProducers().map((producer) => [producer.producerId, producer]));
    for (const producer of before) {
      const { producerId, lastSequence, coordinatorEpoch } = producer;
      if (lastSequence >= 0 || coordinatorEpoch >= 0) assert.deepEqual(after.get(producerId), producer);
    }
  }

  #fail(): void {
    this.engine.fail();
    this.walk.model.cut(this.log.logEndOffset);
  }
}

function sorted(producers: readonly ActiveProducer[]): ActiveProducer[] {
  return [...producers].sort((a, b) => Number(a.producerId - b.producerId));
}

async function run(seed: number): Promise<void> {
  const one = new Run(seed);
  try {
    for (let step = 0; step < 120; step++) await one.step();
    one.engine.commit();
    await checkReader(one.log, one.walk.model, one.log.logStartOffset, 300);
  } catch (error) {
    throw new Error(`SEED=${seed} node --test test/partition/transaction-interleavings.test.ts`, { cause: error });
  }
}

test('interleavings of transactions with failures, evictions, restarts, snapshots and trims', async () => {
  if (SEEDS === 0) await run(Number(process.env['SEED']));
  for (let seed = 1; seed <= SEEDS; seed++) await run(seed);
});
