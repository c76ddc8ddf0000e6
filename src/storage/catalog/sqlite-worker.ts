/** The worker that has the catalog's database once it is written to; replies go out when their transaction is durable. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { MAX_BATCH } from './sqlite-batch.ts';
import type { CatalogReply, CatalogRequest } from './sqlite-messages.ts';
import { SqliteOwner } from './sqlite-owner.ts';

const port = parentPort;
const { dataDir } = workerData as { readonly dataDir: string };
const owner = new SqliteOwner(dataDir);
owner.makeReserveWholeLater();

/** The first call and all that wait behind it, up to a bound and to the call that closes. */
function waiting(first: CatalogRequest): CatalogRequest[] {
  const requests = [first];
  while (requests.length < MAX_BATCH && requests.at(-1)?.name !== 'close') {
    const next = port === null ? undefined : receiveMessageOnPort(port);
    if (next === undefined) break;
    requests.push(next.message as CatalogRequest);
  }
  return requests;
}

/** What can be handed over instead of copied: an image, which may be large. */
function buffersOf(reply: CatalogReply): ArrayBuffer[] {
  if (!('value' in reply) || !Array.isArray(reply.value)) return [];
  return reply.value.filter((part) => part instanceof Uint8Array).map(({ buffer }) => buffer as ArrayBuffer);
}

port?.on('message', (first: CatalogRequest) => {
  const requests = waiting(first);
  const replies = owner.run(requests);
  const closing = requests.at(-1)?.name === 'close';
  if (closing) owner.close();
  else owner.makeReserveWholeLater();
  for (const reply of replies) port.postMessage(reply, buffersOf(reply));
  if (closing) port.close();
});
