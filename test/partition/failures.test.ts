/** What failures of the engine are for those who read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readFailure } from '../../src/partition/failures.ts';
import { StorageError } from '../../src/storage/types.ts';

test('what is dropped from memory while it is read is out of range, if it is gone', () => {
  const code = (name: 'CORRUPT' | 'DROPPED' | 'IO', logStartOffset: number): number => {
    const failure = readFailure(new StorageError(name, 'as the test wants'), 5, logStartOffset);
    assert.ok(failure instanceof KafkaError);
    return failure.code;
  };
  assert.equal(code('DROPPED', 6), ErrorCode.OFFSET_OUT_OF_RANGE);
  assert.equal(code('DROPPED', 5), ErrorCode.KAFKA_STORAGE_ERROR, 'written anew, and to be read again');
  assert.equal(code('IO', 6), ErrorCode.KAFKA_STORAGE_ERROR);
  assert.equal(code('CORRUPT', 6), ErrorCode.CORRUPT_MESSAGE);
});
