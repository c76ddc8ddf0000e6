/**
 * kafkajs leaves records of aborted transactions in what it calls committed: it takes the broker's list to be in the order
 * of first offsets, and one of it at a record. To be imported before kafkajs, which then filters with this.
 */
import { createRequire } from 'node:module';

interface KafkaJsMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

const ABORT_MARKER = Buffer.from([0, 0, 0, 0]);

function withoutAborted(fetched: {
  readonly messages: readonly KafkaJsMessage[];
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
}): KafkaJsMessage[] {
  const upcoming = [...(fetched.abortedTransactions ?? [])].sort(
    (a, b) => Number(a.firstOffset) - Number(b.firstOffset),
  );
  const aborted = new Set<string>();
  return fetched.messages.filter(({ offset, key, isControlRecord, batchContext }) => {
    while (upcoming[0] !== undefined && Number(upcoming[0].firstOffset) <= Number(offset)) {
      aborted.add(upcoming[0].producerId);
      upcoming.shift();
    }
    const isAborted = batchContext.inTransaction && aborted.has(batchContext.producerId);
    if (isControlRecord && key !== null && ABORT_MARKER.equals(key)) aborted.delete(batchContext.producerId);
    return !isAborted || isControlRecord;
  });
}

const require = createRequire(import.meta.url);
const path = require.resolve('kafkajs/src/consumer/filterAbortedMessages.js');
require(path);
const loaded = require.cache[path];
if (loaded === undefined) throw new Error(`${path} is not where kafkajs finds it`);
loaded.exports = withoutAborted;
