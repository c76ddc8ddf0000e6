/**
 * Members that fetch, acknowledge, renew, go silent and vanish, while state is lost, writes fail and the broker starts
 * again: no record has two owners, none that was accepted comes again, none is lost, and deliveries only grow.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { Deadlines } from '../../src/base/deadlines.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { combine } from '../../src/coordinator/share/state-batches.ts';
import { AcknowledgeType } from '../../src/share/acknowledge.ts';
import { AcquireMode, type ReadBatch } from '../../src/share/acquire.ts';
import { SharePartition } from '../../src/share/share-partition.ts';
import type { StateUpdate, StoredState } from '../../src/share/types.ts';
import { batch, LOCK_MS, SETTINGS } from './rig.ts';

const MEMBERS = ['a', 'b', 'c'];
const DELIVERY_LIMIT = 4;

interface Held {
  readonly memberId: string;
  readonly deliveryCount: number;
  readonly untilMs: number;
}

class World {
  readonly random: Random;
  readonly clock = new ManualClock();
  readonly log: ReadBatch[] = [];
  endOffset = 0;
  stored: StoredState = { stateEpoch: 1, startOffset: 0, batches: [] };
  writesFail = false;
  partition: SharePartition;
  /** What members believe to have. */
  readonly held = new Map<number, Held>();
  /** What they have said something of and not been answered yet. */
  readonly said = new Set<number>();
  /** Those of them that are renewed: at once, so that they go back with their member. */
  readonly renewing = new Set<number>();
  readonly answers: Promise<void>[] = [];
  readonly accepted = new Set<number>();
  readonly givenUp = new Set<number>();
  /** Deliveries as told last, in this life of the broker. */
  readonly deliveries = new Map<number, number>();

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.partition = this.open();
  }

  open(): SharePartition {
    return new SharePartition(
      {
        settings: () => ({ ...SETTINGS, deliveryCountLimit: DELIVERY_LIMIT, maxRecordLocks: 60 }),
        deadlines: new Deadlines(this.clock),
        store: { write: (update) => this.write(update) },
        deadLetters: { isWanted: () => false, send: () => Promise.resolve() },
      },
      this.stored,
      this.stored.startOffset,
    );
  }

  async write({ stateEpoch, startOffset, batches }: StateUpdate): Promise<void> {
    if (this.writesFail) {
      await turn();
      throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }
    const start = Math.max(startOffset, this.stored.startOffset);
    this.stored = { stateEpoch, startOffset: start, batches: combine(this.stored.batches, batches, start) };
    for (let turns = this.random.int(6); turns > 0; turns--) await turn();
  }

  produce(): void {
    const count = 1 + this.random.int(8);
    this.log.push(batch(this.endOffset, this.endOffset + count - 1));
    this.endOffset += count;
  }

  fetch(memberId: string, maxRecords = 1 + this.random.int(30)): number {
    if (!this.partition.canAcquire()) return 0;
    const fetchOffset = this.partition.nextFetchOffset();
    const mode = this.random.int(2) === 0 ? AcquireMode.BATCH_OPTIMIZED : AcquireMode.RECORD_LIMIT;
    const from = this.log.findIndex(({ lastOffset }) => lastOffset >= fetchOffset);
    const batches = from < 0 ? [] : this.log.slice(from, from + 1 + this.random.int(6));
    const batchSize = 1 + this.random.int(10);
    const acquired = this.partition.acquire({ memberId, mode, batchSize, maxRecords, fetchOffset, batches }, null);
    let count = 0;
    for (const { firstOffset, lastOffset, deliveryCount } of acquired) {
      for (let offset = firstOffset; offset <= lastOffset; offset++, count++)
        this.deliver(memberId, offset, deliveryCount);
    }
    if (mode === AcquireMode.RECORD_LIMIT) assert.ok(count <= maxRecords, 'more than the exact limit');
    return count;
  }

  deliver(memberId: string, offset: number, deliveryCount: number): void {
    const holder = this.held.get(offset);
    assert.ok(holder === undefined || holder.untilMs <= this.clock.now(), `${offset} has two owners`);
    assert.ok(!this.accepted.has(offset), `${offset} was accepted before`);
    assert.ok(!this.givenUp.has(offset), `${offset} was given up before`);
    assert.ok(deliveryCount > (this.deliveries.get(offset) ?? 0), `${offset}: deliveries went back`);
    assert.ok(deliveryCount <= DELIVERY_LIMIT, `${offset}: too many deliveries`);
    this.deliveries.set(offset, deliveryCount);
    this.held.set(offset, { memberId, deliveryCount, untilMs: this.clock.now() + LOCK_MS });
  }

  /** Ranges of what a member has, by its own belief. */
  rangesOf(memberId: string): [number, number][] {
    const ranges: [number, number][] = [];
    for (const offset of [...this.held.keys()].sort((a, b) => a - b)) {
      const { memberId: holder, untilMs } = this.held.get(offset) as Held;
      if (holder !== memberId || untilMs <= this.clock.now() || this.said.has(offset)) continue;
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === offset - 1) last[1] = offset;
      else ranges.push([offset, offset]);
    }
    return ranges;
  }

  acknowledge(memberId: string): void {
    const range = this.rangesOf(memberId)[0];
    if (range === undefined) return;
    const firstOffset = range[0] + this.random.int(Math.min(range[1] - range[0] + 1, 3));
    const lastOffset = firstOffset + this.random.int(range[1] - firstOffset + 1);
    const count = lastOffset - firstOffset + 1;
    const types = Array.from({ length: this.random.int(2) === 0 ? 1 : count }, () => 1 + this.random.int(4));
    this.answers.push(this.say(memberId, firstOffset, types.length === 1 ? Array(count).fill(types[0]) : types));
  }

  /** Says something of records next to each other, and notes what came of it. */
  async say(memberId: string, firstOffset: number, types: readonly number[]): Promise<void> {
    const offsets = types.map((_, i) => firstOffset + i);
    const before = offsets.map((offset) => this.held.get(offset) as Held);
    const renewedUntilMs = this.clock.now() + LOCK_MS;
    for (const [i, offset] of offsets.entries()) {
      this.said.add(offset);
      if (types[i] === AcknowledgeType.RENEW) this.renewing.add(offset);
    }
    try {
      const lastOffset = firstOffset + types.length - 1;
      await this.partition.acknowledge(memberId, [{ firstOffset, lastOffset, types }]);
      for (const [i, offset] of offsets.entries()) {
        const held = before[i] as Held;
        if (types[i] !== AcknowledgeType.RENEW) this.acknowledged(offset, types[i], held);
        else if (this.held.get(offset) === held) this.held.set(offset, { ...held, untilMs: renewedUntilMs });
      }
    } catch (error) {
      assert.ok(error instanceof KafkaError && error.code === ErrorCode.COORDINATOR_NOT_AVAILABLE, String(error));
    } finally {
      for (const offset of offsets) {
        this.said.delete(offset);
        this.renewing.delete(offset);
      }
    }
  }

  acknowledged(offset: number, type: number | undefined, held: Held): void {
    if (this.held.get(offset) === held) this.held.delete(offset);
    if (type === AcknowledgeType.ACCEPT) this.accepted.add(offset);
    const isOver = type === AcknowledgeType.RELEASE && held.deliveryCount >= DELIVERY_LIMIT;
    if (type === AcknowledgeType.REJECT || isOver) this.givenUp.add(offset);
  }

  async leave(memberId: string): Promise<void> {
    if (this.writesFail) return;
    await this.partition.release(memberId);
    for (const [offset, { memberId: holder }] of this.held) {
      if (holder === memberId && (!this.said.has(offset) || this.renewing.has(offset))) this.held.delete(offset);
    }
  }

  /** The broker starts again: what was not stored is forgotten. */
  restart(): void {
    this.partition.close();
    this.held.clear();
    this.deliveries.clear();
    this.partition = this.open();
  }

  async step(): Promise<void> {
    const memberId = MEMBERS[this.random.int(MEMBERS.length)] as string;
    const action = this.random.int(20);
    if (action < 4) this.produce();
    else if (action < 10) {
      // What was answered meanwhile has to be known.
      await turn();
      this.fetch(memberId);
    } else if (action < 15) this.acknowledge(memberId);
    else if (action === 15) await this.pass(this.random.int(LOCK_MS));
    else if (action === 16) await this.leave(memberId);
    else if (action === 17) this.writesFail = this.random.int(2) === 0;
    else if (action === 18 && this.random.int(4) === 0) this.restart();
    if (this.random.int(2) === 0) await turn();
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await turn();
  }

  /** Everybody is well again: all that was not accepted or given up comes, and the start reaches the end. */
  async drain(): Promise<void> {
    this.writesFail = false;
    await Promise.all(this.answers);
    await this.pass(LOCK_MS + 1);
    this.held.clear();
    for (let idle = 0; idle < 3; ) {
      const count = this.fetch('a', 1000);
      for (const [first, last] of this.rangesOf('a'))
        await this.say('a', first, Array(last - first + 1).fill(AcknowledgeType.ACCEPT));
      idle = count === 0 ? idle + 1 : 0;
      await turn();
    }
    assert.equal(this.partition.startOffset, this.endOffset);
  }
}

test('no interleaving gives a record two owners, loses it, or brings an accepted one again', async (t) => {
  const seeds = process.env.SHARE_SEED === undefined ? 150 : 1;
  for (let i = 1; i <= seeds; i++) {
    const seed = Number(process.env.SHARE_SEED ?? i);
    const world = new World(seed);
    try {
      for (let step = 0; step < 200; step++) await world.step();
      await world.drain();
    } catch (error) {
      t.diagnostic(`again: SHARE_SEED=${seed} node --test test/share/simulation.test.ts`);
      throw error;
    }
  }
});
