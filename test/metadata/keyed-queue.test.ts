/** Who waits for whom. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyedQueue } from '../../src/metadata/keyed-queue.ts';

describe('a queue with keys', () => {
  it('keeps changes of one key in order and lets other keys pass', async () => {
    const queue = new KeyedQueue();
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = queue.run('a', async () => {
      await gate.promise;
      log.push('a1');
    });
    const second = queue.run('a', async () => void log.push('a2'));
    await queue.run('b', async () => void log.push('b1'));
    assert.deepEqual(log, ['b1']);
    gate.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(log, ['b1', 'a1', 'a2']);
  });

  it('goes on after a change that failed', async () => {
    const queue = new KeyedQueue();
    const failed = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', () => Promise.resolve('yes'));
    await assert.rejects(failed, /no/);
    assert.equal(await next, 'yes');
  });
});
