/** The worker that owns the catalog's database; replies go out once their transaction is durable. */
import { join } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock, type Timer } from '../../base/clock.ts';
import { CatalogError } from './catalog-error.ts';
import { CatalogReserve } from './reserve.ts';
import { failure, MAX_BATCH, SqliteBatches } from './sqlite-batch.ts';
import type { CatalogReply, CatalogRequest } from './sqlite-messages.ts';
import { CATALOG_FILE } from './catalog-file.ts';
import { openDatabase } from './sqlite-schema.ts';

const MAKE_WHOLE_MS = 500;
const AT_START: ReadonlySet<string> = new Set(['load', 'start']);

const port = parentPort;
const { dataDir } = workerData as { readonly dataDir: string };
const file = join(dataDir, CATALOG_FILE);

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

const reserve = new CatalogReserve(dataDir);
/** Makes the reserve whole, now and then while it is not. */
let making: Timer | null = null;

function makeWholeLater(): void {
  if (reserve.isWhole) return;
  making ??= systemClock.setTimer(MAKE_WHOLE_MS, () => {
    making = null;
    reserve.makeWhole();
    makeWholeLater();
  });
}

function open(): SqliteBatches | { readonly error: unknown } {
  for (;;) {
    try {
      const giveRoom = (call: string): boolean => (AT_START.has(call) ? reserve.giveAtStart() : reserve.give());
      return new SqliteBatches(openDatabase(dataDir), file, giveRoom);
    } catch (error) {
      const isFull = error instanceof CatalogError && error.code === 'DISK_FULL';
      if (!isFull || !reserve.giveAtStart()) return { error };
    }
  }
}

/** What can be handed over instead of copied: an image, which may be large. */
function buffersOf(reply: CatalogReply): ArrayBuffer[] {
  if (!('value' in reply) || !Array.isArray(reply.value)) return [];
  return reply.value.filter((part) => part instanceof Uint8Array).map(({ buffer }) => buffer as ArrayBuffer);
}

const opened = open();

function answer(requests: readonly CatalogRequest[]): CatalogReply[] {
  if (opened instanceof SqliteBatches) return opened.run(requests);
  return requests.map(({ id, name }) => (name === 'close' ? { id, value: null } : failure(id, opened.error, file)));
}

port?.on('message', (first: CatalogRequest) => {
  const requests = waiting(first);
  const replies = answer(requests);
  const closing = requests.at(-1)?.name === 'close';
  if (opened instanceof SqliteBatches && closing) {
    opened.close();
    making?.cancel();
    // The log went with the database: what it took may be what is missing.
    reserve.makeWhole();
  } else if (opened instanceof SqliteBatches) makeWholeLater();
  for (const reply of replies) port.postMessage(reply, buffersOf(reply));
  if (closing) port.close();
});
