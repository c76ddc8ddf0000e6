/** Reading of partitions by the client of the commands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { systemClock } from '../../src/base/clock.ts';
import { KafkaClient } from '../../src/client/kafka-client.ts';
import { RecordReader } from '../../src/client/record-reader.ts';
import { Fetch, produce } from '../support/data-apis.ts';
import { turns, until } from '../support/run-clock.ts';
import { startTestBroker } from '../support/test-broker.ts';

test('a fetch that fails while somebody looks at what came before is told of when he asks for more', async () => {
  await using broker = await startTestBroker();
  await broker.createTopic('t');
  await produce(await broker.connect(), 't', 0, 'a');
  using client = await KafkaClient.connect({
    bootstrap: [{ host: '127.0.0.1', port: broker.port }],
    clock: systemClock,
  });
  let fetches = 0;
  broker.server.intercept((api, context, request) => {
    if (api.apiKey === Fetch.apiKey) fetches += 1;
    return fetches < 2 ? api.handle(context, request) : { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  });
  const range = { topic: 't', partition: 0, startOffset: 0, endOffset: Number.POSITIVE_INFINITY };
  const batches = new RecordReader(client, [range]).read();
  assert.equal((await batches.next()).value?.length, 1);
  await until(() => fetches === 2);
  await turns(50);
  await assert.rejects(batches.next(), { code: ErrorCode.TOPIC_AUTHORIZATION_FAILED });
});
