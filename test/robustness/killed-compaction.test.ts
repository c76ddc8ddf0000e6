/** A broker that is killed while it takes records and compacts them: each key keeps its latest acknowledged value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { buildBatch } from '../../protocol/records/build.ts';
import { decodeRecords } from '../../protocol/records/iterate.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { CleanedLog } from '../conformance/differential/cleaned-log.ts';
import { Session } from '../conformance/differential/session.ts';
import { BrokerProcess } from '../support/broker-process.ts';

const KILLS = Number(process.env['WALKA_KILLS'] ?? 5);
const KEYS = 50;
const MAX_LIFE_MS = 2500;

interface Written {
  readonly key: string;
  readonly value: string | null;
}

/** What is known of the log: records by offset. */
class Model {
  readonly records = new Map<number, Written>();
  #count = 0;

  next(random: Random): Written[] {
    return Array.from({ length: 1 + random.int(5) }, () => ({
      key: `key-${random.int(KEYS)}`,
      value: random.int(8) === 0 ? null : `${this.#count++}`,
    }));
  }

  /** Gives how many records are left. */
  async check(batches: readonly Buffer[]): Promise<number> {
    const found = new Set<number>();
    for (const batch of batches) {
      for (const { offset, key, value } of await decodeRecords(batch)) {
        const record = { key: key?.toString() ?? '', value: value?.toString() ?? null };
        // What was not acknowledged may be there nevertheless.
        assert.deepEqual(record, this.records.get(offset) ?? record);
        this.records.set(offset, record);
        found.add(offset);
      }
    }
    const latest = new Map<string, number>();
    for (const [offset, { key }] of this.records) latest.set(key, Math.max(offset, latest.get(key) ?? 0));
    for (const [key, offset] of latest) {
      const isTombstone = this.records.get(offset)?.value === null;
      assert.ok(isTombstone || found.has(offset), `${key} lost its latest value, at ${offset}`);
    }
    return found.size;
  }
}

/** Writes until the broker is gone. */
async function write(session: Session, topic: string, model: Model, random: Random): Promise<void> {
  for (;;) {
    const written = model.next(random);
    const records = written.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs: 1_700_000_000_000,
    }));
    const answer = await session.produce(topic, buildBatch(records)).catch(() => null);
    if (answer === null) return;
    const base = Number(answer.responses[0].partitionResponses[0].baseOffset);
    written.forEach((record, index) => model.records.set(base + index, record));
  }
}

test('kill -9 while partitions are compacted loses no latest value', { timeout: 240_000 }, async () => {
  const random = seededRandom(5);
  const model = new Model();
  await using broker = await BrokerProcess.start({ target: 'walka', settings: { 'log.cleaner.backoff.ms': '20' } });
  let session = new Session(broker.port, 'k');
  const log = await CleanedLog.create(session, broker, 'log', { 'internal.segment.bytes': '4000' });
  await log.setRatio('0.01');
  let left = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const writing = write(session, log.topic, model, random);
    await delay(500 + random.int(MAX_LIFE_MS));
    await broker.kill();
    await writing;
    await session[Symbol.asyncDispose]();
    await broker.restart();
    session = new Session(broker.port, 'k');
    left = await model.check(await log.over(session).batches());
  }
  await session[Symbol.asyncDispose]();
  assert.ok(left < model.records.size, `${left} of ${model.records.size} records are left`);
});
