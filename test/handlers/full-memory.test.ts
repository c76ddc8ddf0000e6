/** Fetches of records that a journal in memory drops, to make room, after they were found and before they are taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { readFetchRequest, writeFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { readShareFetchRequest, writeShareFetchRequest } from '../../protocol/generated/share-fetch-request.ts';
import type { ShareFetchResponse } from '../../protocol/generated/share-fetch-response.ts';
import type { Input } from '../../protocol/input.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { fetchHandler } from '../../src/handlers/fetch.ts';
import type { Response as FetchResponse } from '../../src/handlers/fetch/read.ts';
import { shareFetchHandler } from '../../src/handlers/share-fetch.ts';
import { fetchRequest } from '../support/data-apis.ts';
import { FullMemory } from '../support/full-memory.ts';
import { initializeState } from '../support/share-apis.ts';
import { testContext } from '../support/test-services.ts';

test('an old client is told that its offset is out of range', async () => {
  await using memory = await FullMemory.open();
  const { services, log } = memory;
  const codes = new Set<number | undefined>();
  for (let steps = -30; steps < 30; steps++) {
    await memory.fill();
    const writer = new Writer();
    writeFetchRequest(writer, fetchRequest('t', [{ partition: 0, offset: log.logStartOffset }]), 2);
    const request = readFetchRequest(new Reader(writer.toBuffer()), 2);
    let startOffset = -1;
    const response = (await memory.during(steps, async () => {
      startOffset = log.logStartOffset;
      return fetchHandler.handle(testContext(services, 2, 'old'), request);
    })) as FetchResponse;
    const wanted = request.topics[0]?.partitions[0]?.fetchOffset;
    if (wanted === startOffset) codes.add(response.responses?.[0]?.partitions?.[0]?.errorCode);
    fetchHandler.releaseResponse?.(response);
  }
  assert.deepEqual([...codes].toSorted(), [ErrorCode.NONE, ErrorCode.OFFSET_OUT_OF_RANGE]);
});

test('a share group goes on where the log starts by then', async () => {
  await using memory = await FullMemory.open();
  const { services, log } = memory;
  let emptyCount = 0;
  for (let steps = -30; steps < 30; steps++) {
    await memory.fill();
    const groupId = `group ${steps}`;
    await initializeState(services, groupId, log.topicId, log.logStartOffset);
    const topics = [{ topicId: log.topicId, partitions: [{ partitionIndex: 0, acknowledgementBatches: [] }] }];
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes: 1_000_000, maxRecords: 500, batchSize: 500 };
    const acquire = async (shareSessionEpoch: number): Promise<number> => {
      const fields = { groupId, memberId: 'member', shareSessionEpoch, topics, ...limits };
      const writer = new Writer();
      writeShareFetchRequest(writer, fields, 2);
      const request = readShareFetchRequest(new Reader(writer.toBuffer()), 2);
      const handled = await shareFetchHandler.handle(testContext(services, 2, 'share'), request);
      const response = handled as Input<ShareFetchResponse>;
      const partition = response.responses?.[0]?.partitions?.[0];
      assert.equal(partition?.errorCode ?? ErrorCode.NONE, ErrorCode.NONE, `${steps} steps later`);
      const count = partition?.acquiredRecords?.length ?? 0;
      shareFetchHandler.releaseResponse?.(response);
      return count;
    };
    if ((await memory.during(steps, () => acquire(0))) > 0) continue;
    emptyCount++;
    assert.ok((await acquire(1)) > 0);
  }
  assert.ok(emptyCount > 0);
});
