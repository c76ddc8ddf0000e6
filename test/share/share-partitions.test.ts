/** Which share partitions are served, and for how long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { AcknowledgeType } from '../../src/share/acknowledge.ts';
import { AcquireMode } from '../../src/share/acquire.ts';
import type { SharePersister } from '../../src/share/persister.ts';
import { SharePartitions } from '../../src/share/share-partitions.ts';
import { startTestBroker } from '../support/test-broker.ts';
import { batch } from './rig.ts';

test('what is fenced after its group has begun anew does not take away what is served now', async () => {
  await using broker = await startTestBroker();
  const topicId = await broker.createTopic('orders');
  const log = broker.services.partitions.getById(topicId, 0);
  assert.ok(log !== undefined);
  const write = Promise.withResolvers<void>();
  const persister: SharePersister = {
    read: async () => ({ stateEpoch: 2, startOffset: 0, batches: [] }),
    write: () => write.promise,
  };
  const { metadata } = broker.services;
  const deadLetters = { isWanted: () => false, send: async () => {} };
  const served = new SharePartitions({
    clock: new ManualClock(),
    metadata,
    persister,
    deadLettersOf: () => deadLetters,
  });
  const former = await served.open('group', log);
  const wanted = { memberId: 'a', mode: AcquireMode.RECORD_LIMIT, batchSize: 5, maxRecords: 5, fetchOffset: 0 };
  former.acquire({ ...wanted, batches: [batch(0, 4)] }, null);
  const said = former.acknowledge('a', [{ firstOffset: 0, lastOffset: 4, types: [AcknowledgeType.ACCEPT] }]);
  served.dropGroup('group');
  const current = await served.open('group', log);
  write.reject(new KafkaError(ErrorCode.FENCED_STATE_EPOCH));
  await assert.rejects(said);
  assert.equal(current.isClosed, false);
  assert.equal(await served.open('group', log), current);
  served.close();
});
