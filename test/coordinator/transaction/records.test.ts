/** Records of __transaction_state: Kafka's formats, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartitionSet } from '../../../src/coordinator/transaction/partition-set.ts';
import { newTransaction, type TransactionMetadata } from '../../../src/coordinator/transaction/metadata.ts';
import {
  transactionRecord,
  transactionRecordCodec,
  transactionTombstone,
} from '../../../src/coordinator/transaction/records.ts';
import type { TransactionState } from '../../../src/coordinator/transaction/types.ts';

const codec = transactionRecordCodec(() => 2);
const PARTITIONS = PartitionSet.of([
  { topic: 'a', partition: 1 },
  { topic: 'b', partition: 0 },
  { topic: 'a', partition: 2 },
]);

function metadata(fields: Partial<TransactionMetadata> = {}): TransactionMetadata {
  return {
    ...newTransaction('id', 7n),
    previousProducerId: 7n,
    producerEpoch: 3,
    timeoutMs: 60_000,
    lastUpdateTimestampMs: 1000,
    ...fields,
  };
}

function decoded(record: Parameters<typeof codec.encode>[0], using = codec): unknown {
  const { key, value } = using.encode(record);
  return codec.decode(key, value);
}

test('every state comes back as it was, but for the last epoch, which Kafka does not store either', () => {
  const states: TransactionState[] = ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'];
  for (const state of states) {
    const partitions = state.startsWith('Complete') ? PartitionSet.EMPTY : PARTITIONS;
    const original = metadata({ state, partitions, nextProducerId: 9n, startTimestampMs: 900, clientVersion: 2 });
    const stored = transactionRecord({ ...original, lastProducerEpoch: 2 });
    assert.deepEqual(decoded(stored), transactionRecord(original));
  }
  assert.deepEqual(decoded(transactionRecord(metadata())), transactionRecord(metadata()));
  assert.deepEqual(decoded(transactionTombstone('id')), transactionTombstone('id'));
});

test('keys and values are those that Kafka writes', () => {
  const { key, value } = codec.encode(transactionRecord(metadata()));
  // Version 0, then the id with an int16 length.
  assert.equal(key.toString('hex'), '000000026964');
  assert.equal(
    value?.toString('hex'),
    // Version 1, producer id, epoch, timeout, state, no partitions, last update, start, two tags: 0 previous producer id
    // and none of the fields that have their defaults.
    '0001' +
      '0000000000000007' +
      '0003' +
      '0000ea60' +
      '00' +
      '00' +
      '00000000000003e8' +
      'ffffffffffffffff' +
      '01' +
      '0008' +
      '0000000000000007',
  );
});

test('at level 0 of transaction.version values are of version 0, unless a newer client used the id before', () => {
  const old = transactionRecordCodec(() => 0);
  const original = metadata({ state: 'Ongoing', partitions: PARTITIONS, startTimestampMs: 900 });
  const { value } = old.encode(transactionRecord(original));
  assert.equal(value?.readInt16BE(0), 0);
  assert.deepEqual(
    decoded(transactionRecord(original), old),
    transactionRecord({ ...original, previousProducerId: -1n }),
  );
  const newer = transactionRecord({ ...original, clientVersion: 2 });
  assert.equal(old.encode(newer).value?.readInt16BE(0), 1);
});

test('records of a version that is not known are skipped, and a state that is none is an error', () => {
  const { key, value } = codec.encode(transactionRecord(metadata()));
  assert.equal(codec.decode(Buffer.from('000100026964', 'hex'), value), null);
  const newer = Buffer.from(value as Buffer);
  newer.writeInt16BE(2, 0);
  assert.equal(codec.decode(key, newer), null);
  const strange = Buffer.from(value as Buffer);
  strange[16] = 6;
  assert.throws(() => codec.decode(key, strange), /no state/);
});
