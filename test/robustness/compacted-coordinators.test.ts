/** Internal topics are compacted like others, and coordinators know after a kill what they knew before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Session } from '../conformance/differential/session.ts';
import { BrokerProcess } from '../support/broker-process.ts';
import { claimPort } from '../support/port-claims.ts';

const PARTITIONS = 8;
const COMMITS = 60;
const COMPACTION_LIMIT_MS = 180_000;
const IDS = ['first', 'second'];

async function compact(session: Session, topic: string): Promise<void> {
  const configs = Object.entries({ 'internal.segment.bytes': '400', 'min.cleanable.dirty.ratio': '0' }).map(
    ([name, value]) => ({ name, configOperation: 0, value }),
  );
  const resources = [{ resourceType: 2, resourceName: topic, configs }];
  const answer = await session.quietly('IncrementalAlterConfigs', 1, { resources, validateOnly: false });
  assert.equal(answer.responses[0].errorCode, 0, answer.responses[0].errorMessage);
}

async function commit(session: Session, topic: string, partitionIndex: number, offset: number): Promise<void> {
  const topics = [{ name: topic, partitions: [{ partitionIndex, committedOffset: offset, committedMetadata: 'm' }] }];
  const body = { groupId: 'group', generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, topics };
  const answer = await session.quietly('OffsetCommit', 8, body);
  assert.equal(answer.topics[0].partitions[0].errorCode, 0);
}

async function committed(session: Session): Promise<readonly number[]> {
  await session.awaitCoordinator('group');
  const answer = await session.quietly('OffsetFetch', 8, { groups: [{ groupId: 'group', topics: null }] });
  const partitions: Array<{ partitionIndex: number; committedOffset: bigint | number }> =
    answer.groups[0].topics[0].partitions;
  return partitions
    .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ committedOffset }) => Number(committedOffset));
}

/** Ids and epochs of transactional producers, each begun anew. */
async function begin(session: Session): Promise<Array<readonly [bigint, number]>> {
  const producers: Array<readonly [bigint, number]> = [];
  for (const transactionalId of IDS) {
    for (;;) {
      await session.quietly('FindCoordinator', 4, { keyType: 1, coordinatorKeys: [transactionalId] });
      const answer = await session.quietly('InitProducerId', 4, { transactionalId, transactionTimeoutMs: 60_000 });
      if (answer.errorCode !== 0) continue; // the coordinator is still loading
      producers.push([BigInt(answer.producerId), answer.producerEpoch]);
      break;
    }
  }
  return producers;
}

test('what coordinators know outlives the compaction of their topics', { timeout: 600_000 }, async () => {
  await using metrics = await claimPort();
  await using broker = await BrokerProcess.start({
    target: 'walka',
    settings: {
      'offsets.topic.num.partitions': '1',
      'transaction.state.log.num.partitions': '1',
      'log.cleaner.backoff.ms': '50',
      'walka.metrics.port': String(metrics.port),
    },
  });
  const removed = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text();
    return Number(/^walka_compaction_removed_records_total (\d+)/m.exec(text)?.[1]);
  };
  const before = new Session(broker.port, 'k');
  const { name: topic } = await before.createTopic('t', PARTITIONS);
  await before.awaitCoordinator('group');
  const first = await begin(before);
  await compact(before, '__consumer_offsets');
  await compact(before, '__transaction_state');
  for (let i = 0; i < COMMITS; i++) await commit(before, topic, i % PARTITIONS, 1000 + i);
  for (let i = 0; i < 20; i++) await begin(before);
  const limit = AbortSignal.timeout(COMPACTION_LIMIT_MS);
  while ((await removed()) < COMMITS / 2) {
    assert(!limit.aborted, `${await removed()} records were removed\n${broker.log}`);
    await delay(50);
  }
  const known = await committed(before);
  assert.deepEqual(
    known,
    Array.from({ length: PARTITIONS }, (_, partition) => {
      return 1000 + partition + PARTITIONS * Math.floor((COMMITS - 1 - partition) / PARTITIONS);
    }),
  );
  await before[Symbol.asyncDispose]();
  await broker.kill();
  await broker.restart();
  await using afterwards = new Session(broker.port, 'k');
  assert.deepEqual(await committed(afterwards), known);
  const again = await begin(afterwards);
  assert.deepEqual(
    again,
    first.map(([id, epoch]) => [id, epoch + 21]),
  );
});
