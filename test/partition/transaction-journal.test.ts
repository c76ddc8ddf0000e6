/**
 * Transactions over the real journal, with files so small that most transactions span some: after kills, power cuts and
 * orderly stops, trims and sealed files, a partition says of its transactions what the records say, and a reader of
 * committed records sees those and no others.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import type { ActiveProducer } from '../../src/partition/types.ts';
import type { Engine } from '../../src/storage/open-engine.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { evict, partitionSettings } from '../support/partitions.ts';
import { runUntil } from '../support/run-clock.ts';
import { openSmallEngine } from '../support/small-engine.ts';
import { checkReader } from '../support/transaction-model.ts';
import { TransactionWalk } from '../support/transaction-walk.ts';

const STREAM = 4;
/** One that failed: `SEED=17`. */
const SEEDS = process.env['SEED'] === undefined ? [1, 2, 3, 4, 5, 6] : [Number(process.env['SEED'])];

class World {
  readonly clock = new ManualClock();
  readonly random: Random;
  readonly walk: TransactionWalk;
  disk: FaultyDisk;
  engine!: Engine;
  log!: StreamPartitionLog;
  /** All below was acknowledged. */
  acknowledged = 0;
  #starts = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.walk = new TransactionWalk(this.random);
    this.disk = new FaultyDisk(seededRandom(seed + 1));
  }

  async start(): Promise<void> {
    this.engine = await openSmallEngine(this.disk, 'os', this.clock);
    this.engine.createStream(STREAM);
    this.#starts++;
    await this.open();
    this.engine.onBeforeSeal(() => this.log.producers.writeSnapshot(this.log.logEndOffset));
  }

  async open(): Promise<void> {
    const identity = { topicName: 't', topicId: 'id', index: 0, stream: STREAM, leaderEpoch: this.#starts };
    this.log = new StreamPartitionLog(identity, partitionSettings(), this.engine, this.clock);
    await this.run(Promise.resolve(this.log.ready()));
  }

  run<T>(promise: Promise<T>): Promise<T> {
    return runUntil(this.clock, promise);
  }

  async step(): Promise<void> {
    const { log } = this;
    for (let i = this.random.int(8); i >= 0; i--) this.walk.step(log);
    const choice = this.random.int(100);
    if (choice < 60) await this.commit();
    else if (choice < 66) log.producers.writeSnapshot(log.logEndOffset);
    else if (choice < 72) await this.run(log.deleteRecords(log.logStartOffset + this.random.int(12)).catch(() => 0));
    else if (choice < 80) await this.restart(this.random.int(3));
    else if (choice < 86) await this.evict();
  }

  /** Waits until all is acknowledged, and looks at it. */
  async commit(): Promise<void> {
    const { log, walk } = this;
    const end = log.logEndOffset;
    await this.run(new Promise<void>((resolve) => log.whenCommitted(end, () => resolve())));
    this.acknowledged = end;
    const from = log.logStartOffset + this.random.int(Math.max(1, end - log.logStartOffset));
    await this.run(checkReader(log, walk.model, from, 1 + this.random.int(3000)));
  }

  /** Nobody used the partition for a while; its snapshot has to be in the journal by then. */
  async evict(): Promise<void> {
    await this.commit();
    const before = this.log.activeProducers();
    this.clock.advance(60_000); // nobody waits for the transaction coordinator any more
    if (!evict(this.log)) {
      await this.run(this.engine.flush());
      assert.ok(evict(this.log));
    }
    await this.open();
    const byId = (a: ActiveProducer, b: ActiveProducer): number => Number(a.producerId - b.producerId);
    assert.deepEqual(this.log.activeProducers().toSorted(byId), before.toSorted(byId));
  }

  async restart(how: number): Promise<void> {
    if (how === 0) {
      await this.commit();
      await this.run(this.engine.close());
    } else if (how === 1) await this.run(this.engine.flush());
    this.disk = how === 2 ? this.disk.afterKill() : this.disk.afterPowerCut();
    await this.start();
    const { log, walk } = this;
    assert.ok(log.logEndOffset >= this.acknowledged);
    walk.model.cut(log.logEndOffset);
    await this.commit();
    const { open } = walk.model.transactions();
    for (const [id, firstOffset] of open) {
      const producer = log.activeProducers().find(({ producerId }) => producerId === id);
      assert.equal(producer?.transactionStart, firstOffset);
    }
  }
}

for (const seed of SEEDS) {
  test(`transactions over the journal, seed ${seed}`, async (t) => {
    t.diagnostic(`SEED=${seed} node --test test/partition/transaction-journal.test.ts`);
    const world = new World(seed);
    await world.start();
    for (let step = 0; step < 150; step++) await world.step();
    await world.restart(0);
    assert.ok(world.engine.stats().journalFiles > 3);
    await world.run(checkReader(world.log, world.walk.model, world.log.logStartOffset, 500));
    await world.run(world.engine.close());
  });
}
