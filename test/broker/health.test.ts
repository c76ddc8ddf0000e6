/** When a broker is ready, and what it says when it is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokerHealth } from '../../src/broker/health.ts';
import type { ShardStatus } from '../../src/coordinator/shard-runner.ts';
import { StorageError } from '../../src/storage/types.ts';

type Services = Parameters<typeof brokerHealth>[0];
type Engine = Parameters<typeof brokerHealth>[1];

function health(refusal: StorageError | null, ...groups: ShardStatus[]) {
  const services = {
    groups: { statuses: () => groups },
    transactions: { runners: () => [] },
    shareStates: { statuses: () => [] },
  };
  return brokerHealth(services as unknown as Services, { refusal } as Engine);
}

test('it is ready when its coordinators are loaded and writes are taken', () => {
  assert.deepEqual(health(null, 'active', 'active').unreadyReasons(), []);
});

test('it is not while coordinators are loading, nor when they could not be loaded', () => {
  assert.deepEqual(health(null, 'active', 'loading', 'failed').unreadyReasons(), [
    { reason: 'coordinator-loading', message: '1 of 3 partitions of __consumer_offsets are being read.' },
    {
      reason: 'coordinator-failed',
      message: '1 of 3 partitions of __consumer_offsets cannot be read; the log says why.',
    },
  ]);
});

test('it is not while writes are refused; only a journal that failed wants a restart', () => {
  const full = health(new StorageError('DISK_FULL', 'The disk is full.'));
  assert.deepEqual(full.unreadyReasons(), [{ reason: 'disk-full', message: 'The disk is full.' }]);
  assert.deepEqual([full.illness(), full.failure()], ['The disk is full.', null]);
  const failed = health(new StorageError('POISONED', 'A sync failed.'));
  assert.deepEqual(failed.unreadyReasons(), [{ reason: 'journal-failed', message: 'A sync failed.' }]);
  assert.equal(failed.failure(), 'A sync failed.');
});
