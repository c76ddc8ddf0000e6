/**
 * Two brokers, the same random log, passes of compaction at the same moments: what Walka serves afterwards is what Apache
 * Kafka 4.4.0 serves, but for times at which passes and markers were made, ids of producers, and how codecs pack.
 *
 * WALKA_COMPACTION_SEEDS: how many logs (default 4); WALKA_COMPACTION_SEED: only this one.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as B from '../../../protocol/records/batch.ts';
import { decodeRecords } from '../../../protocol/records/iterate.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { BrokerProcess, cacheDir, conformanceTarget } from '../../support/broker-process.ts';
import { claimPort, type PortClaim } from '../../support/port-claims.ts';
import { missing } from '../client-suite.ts';
import { CleanedLog } from './cleaned-log.ts';
import { RandomLog } from './random-log.ts';
import { Session } from './session.ts';

const settings = { 'log.cleaner.backoff.ms': '100', 'log.retention.ms': '-1' };
const skip = missing({ files: [join(cacheDir, 'kafka')], component: 'kafka' });
const PASSES = 4;
const PASS_LIMIT_MS = 120_000;
const POLL_MS = 50;

let kafka: BrokerProcess;
let walka: BrokerProcess;
let metrics: PortClaim;

before(async () => {
  if (skip !== false) return;
  kafka = await BrokerProcess.start({ target: 'kafka', settings });
  metrics = await claimPort();
  const ours = conformanceTarget === 'walka' ? { 'walka.metrics.port': String(metrics.port) } : {};
  walka = await BrokerProcess.start({ target: conformanceTarget, settings: { ...settings, ...ours } });
});

after(async () => {
  await kafka?.[Symbol.asyncDispose]();
  await walka?.[Symbol.asyncDispose]();
  await metrics?.[Symbol.asyncDispose]();
});

async function passes(): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
  return Number(/^walka_compaction_passes_total (\d+)/m.exec(text)?.[1]);
}

/** Lets Walka make one pass. */
async function pass(log: CleanedLog): Promise<void> {
  const before = await passes();
  await log.setRatio('0');
  const limit = AbortSignal.timeout(PASS_LIMIT_MS);
  while ((await passes()) === before) {
    assert(!limit.aborted, `no pass was made\n${walka.log}`);
    await delay(POLL_MS);
  }
  await log.setRatio('1');
}

/** Batches in words that are the same for both brokers. */
async function inWords(batches: readonly Buffer[], isAppendTime: boolean): Promise<string[]> {
  const producers: bigint[] = [];
  const words: string[] = [];
  for (const batch of batches) {
    assert.ok(B.verifyCrc(batch, 0));
    const id = B.producerId(batch, 0);
    if (!producers.includes(id)) producers.push(id);
    const hasOwnTime = isAppendTime || B.isControl(batch, 0);
    const records = await decodeRecords(batch);
    words.push(
      JSON.stringify({
        base: B.baseOffset(batch, 0),
        end: B.nextOffset(batch, 0),
        attributes: B.attributes(batch, 0),
        count: B.recordsCount(batch, 0),
        baseTime: B.hasDeleteHorizon(batch, 0) || hasOwnTime ? 'its own' : B.baseTimestamp(batch, 0),
        maxTime: hasOwnTime ? 'its own' : B.maxTimestamp(batch, 0),
        producer: producers.indexOf(id),
        epoch: B.producerEpoch(batch, 0),
        sequence: B.baseSequence(batch, 0),
        records: records.map(({ offset, timestampMs, key, value, headers }) => [
          offset,
          hasOwnTime ? 'its own' : timestampMs,
          key?.toString('hex'),
          // A marker has the epoch of its coordinator in it.
          B.isControl(batch, 0) ? 'its own' : (value?.toString('hex') ?? null),
          headers.map((header) => [
            header.key,
            header.value === null ? null : Buffer.from(header.value).toString('hex'),
          ]),
        ]),
      }),
    );
  }
  return words;
}

interface Side {
  readonly session: Session;
  readonly log: CleanedLog;
  readonly writer: RandomLog;
}

async function open(broker: BrokerProcess, seed: number, nowMs: number): Promise<Side> {
  const session = new Session(broker.port, `b${seed}`);
  const log = await CleanedLog.create(session, broker, 'log', {
    'internal.segment.bytes': '2500',
    'segment.ms': '1000000000000000',
    'delete.retention.ms': seed % 2 === 0 ? '0' : '86400000',
    'message.timestamp.type': seed % 5 === 4 ? 'LogAppendTime' : 'CreateTime',
  });
  const writer = new RandomLog(session, seededRandom(seed), log.topic, nowMs);
  await writer.begin();
  return { session, log, writer };
}

const ALL_SEEDS = Array.from({ length: Number(process.env['WALKA_COMPACTION_SEEDS'] ?? 4) }, (_, seed) => seed);
const ONLY = process.env['WALKA_COMPACTION_SEED'];

for (const seed of ONLY === undefined ? ALL_SEEDS : [Number(ONLY)]) {
  test(`random log ${seed} is compacted as by Kafka`, { skip, timeout: 900_000 }, async () => {
    const nowMs = Date.now();
    const isAppendTime = seed % 5 === 4;
    const theirs = await open(kafka, seed, nowMs);
    const ours = await open(walka, seed, nowMs);
    let cleanedEnd = 0;
    for (let round = 0; round < PASSES; round++) {
      await theirs.writer.round();
      await ours.writer.round();
      const written = await Promise.all(
        [ours, theirs].map(async ({ log }) => await inWords(await log.batches(), isAppendTime)),
      );
      assert.deepEqual(written[0], written[1], `before pass ${round}`);
      const end = await theirs.log.clean();
      if (end === cleanedEnd) continue;
      cleanedEnd = end;
      await pass(ours.log);
      const [actual, expected] = await Promise.all(
        [ours, theirs].map(async ({ log }) => await inWords(await log.batches(), isAppendTime)),
      );
      assert.deepEqual(actual, expected, `pass ${round}, to ${end}`);
    }
    await theirs.session[Symbol.asyncDispose]();
    await ours.session[Symbol.asyncDispose]();
  });
}
