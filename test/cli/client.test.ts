/** The client of `walka topics`, where nobody answers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { readMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { KafkaClient } from '../../src/cli/client.ts';

const METADATA = { apiKey: ApiKey.Metadata, version: 9, write: writeMetadataRequest, read: readMetadataResponse };

test('a broker that does not answer is given up', { timeout: 10_000 }, async (t) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  await once(silent, 'listening');
  using client = await KafkaClient.connect('127.0.0.1', (silent.address() as AddressInfo).port, 50);
  await assert.rejects(client.call(METADATA, { topics: null }), {
    name: 'ClientError',
    message: 'the broker did not answer Metadata within 0.05 seconds',
  });
});
