/**
 * Any interleaving of produce, retry, commit, failure, eviction, restart and record deletion keeps what was acknowledged, at the
 * offsets that were answered, without gap or duplicate.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { batchPositions, decodeRecordsSync } from '../../protocol/records/iterate.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { plainSlice } from '../../src/base/counted.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import type { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import { MemoryEngine } from '../support/memory-engine.ts';
import { CLIENT, NOW, evict, openPartition } from '../support/partitions.ts';

const PRODUCERS = 3;
const IN_FLIGHT = 5;

interface Sent {
  readonly sequence: number;
  readonly values: readonly string[];
}

/**
 * An idempotent producer as clients are: in order, up to five in flight. Once it learns that a batch failed it sends
 * all again that was not acknowledged, in order, before anything new; until it learns, it goes on.
 */
class Producer {
  readonly id: bigint;
  hasFailure = false;
  /** It has been told. */
  mustSendAgain = false;
  #sequence = 0;
  #made = 0;
  /** Not acknowledged yet, oldest first. */
  inFlight: Sent[] = [];

  constructor(id: bigint) {
    this.id = id;
  }

  make(count: number): Sent {
    const values = Array.from({ length: count }, () => `${this.id}:${this.#made++}`);
    const sent = { sequence: this.#sequence, values };
    this.#sequence += count;
    this.inFlight.push(sent);
    return sent;
  }

  slice({ sequence, values }: Sent) {
    const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: NOW }));
    return plainSlice(buildBatch(records, { producerId: this.id, producerEpoch: 0, baseSequence: sequence }));
  }
}

class Run {
  readonly random: Random;
  readonly engine = new MemoryEngine({ autoCommit: false });
  readonly producers = Array.from({ length: PRODUCERS }, (_, i) => new Producer(BigInt(i + 1)));
  /** Acknowledged values by offset. */
  readonly acknowledged = new Map<number, string>();
  log: StreamPartitionLog;
  evictions = 0;
  #starts = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.log = openPartition({ engine: this.engine }).log;
  }

  async step(): Promise<void> {
    const choice = this.random.int(100);
    const producer = this.producers[this.random.int(PRODUCERS)]!;
    if (choice < 40) {
      if (producer.mustSendAgain) await this.sendAgain(producer);
      else if (producer.inFlight.length < IN_FLIGHT) await this.send(producer, producer.make(1 + this.random.int(4)));
    } else if (choice < 55) {
      if (producer.hasFailure) producer.mustSendAgain = true;
      else await this.sendAgain(producer);
    } else if (choice < 75) {
      this.engine.commit(this.random.int(this.engine.queued.length + 1));
    } else if (choice < 83) {
      this.engine.fail();
    } else if (choice < 88) {
      this.engine.seal();
      this.log.producers.writeSnapshot(this.log.logEndOffset);
    } else if (choice < 92) {
      await this.restart();
    } else if (choice < 96) {
      await this.log.deleteRecords(this.log.logStartOffset + this.random.int(3)).catch(() => undefined);
    } else if (choice < 98) {
      await this.evict();
    } else {
      await Promise.resolve();
    }
    assert.equal(this.engine.state(1).logEndOffset, this.log.logEndOffset);
    assert.ok(this.log.highWatermark <= this.log.logEndOffset);
  }

  /** Sends, or sends again, one batch; nobody waits for the answer. */
  async send(producer: Producer, sent: Sent): Promise<void> {
    const { log } = this;
    try {
      await log.ready();
      const { baseOffset, endOffset } = log.append(producer.slice(sent), CLIENT);
      log.whenCommitted(endOffset, (error) => {
        if (error !== null) {
          producer.hasFailure = true;
          return;
        }
        sent.values.forEach((value, i) => {
          const known = this.acknowledged.get(baseOffset + i);
          assert.ok(known === undefined || known === value, `offset ${baseOffset + i} was ${known}, now ${value}`);
          this.acknowledged.set(baseOffset + i, value);
        });
        producer.inFlight = producer.inFlight.filter((other) => other !== sent);
      });
    } catch (error) {
      // An earlier batch failed: the ones after it do not follow, until the producer has sent that one again.
      assert.ok(error instanceof KafkaError);
      assert.equal(error.code, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
      producer.hasFailure = true;
    }
  }

  async sendAgain(producer: Producer): Promise<void> {
    producer.hasFailure = false;
    producer.mustSendAgain = false;
    const all = [...producer.inFlight];
    for (const sent of all) await this.send(producer, sent);
  }

  /** Nobody used the partition for a while; the clients do not notice. */
  async evict(): Promise<void> {
    if (this.random.int(2) === 0) this.engine.commit();
    const isAtRest = this.engine.queued.length === 0;
    // A log that fell back to nothing stays for what is known of its producers.
    const mayStay = this.log.logEndOffset === 0;
    const isEvicted = evict(this.log);
    assert.ok(isEvicted ? isAtRest : !isAtRest || mayStay);
    if (!isEvicted) return;
    this.log = openPartition({ engine: this.engine, leaderEpoch: this.#starts }).log;
    await this.log.ready();
    this.evictions++;
  }

  /** A crash that loses what was not committed, or a clean stop. */
  async restart(): Promise<void> {
    if (this.random.int(2) === 0) this.engine.fail();
    else this.engine.commit();
    this.log = openPartition({ engine: this.engine, leaderEpoch: ++this.#starts }).log;
    await this.log.ready();
    // Their connections broke.
    for (const producer of this.producers) producer.mustSendAgain = true;
  }

  /** All is acknowledged in the end, and the log holds each value once, in each producer's order. */
  async finish(): Promise<void> {
    for (const producer of this.producers) await this.sendAgain(producer);
    this.engine.commit();
    await Promise.resolve();
    assert.deepEqual(
      this.producers.map(({ inFlight }) => inFlight.length),
      this.producers.map(() => 0),
    );
    let expected = this.log.logStartOffset;
    const perProducer = new Map<string, number>();
    for (const { bytes } of this.engine.streams.get(1)?.batches ?? []) {
      assert.deepEqual([...batchPositions(bytes)], [0]);
      for (const { offset, value } of decodeRecordsSync(bytes)) {
        if (offset < expected) continue;
        assert.equal(offset, expected++);
        const text = value?.toString() ?? '';
        assert.equal(this.acknowledged.get(offset), text);
        const [id = '', number = ''] = text.split(':');
        assert.ok(Number(number) > (perProducer.get(id) ?? -1), `${text} is out of order`);
        perProducer.set(id, Number(number));
      }
    }
    assert.equal(expected, this.log.highWatermark);
    assert.equal(this.acknowledged.size, this.log.highWatermark);
    assert.equal(new Set(this.acknowledged.values()).size, this.acknowledged.size);
  }
}

test('interleavings of produce, retry, commit, failure, eviction and restart keep offsets gapless', async () => {
  let evictions = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const run = new Run(seed);
    try {
      for (let step = 0; step < 80; step++) await run.step();
      await run.finish();
      evictions += run.evictions;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  assert.ok(evictions > 150);
});
