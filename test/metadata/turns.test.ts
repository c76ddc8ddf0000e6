/** Who waits for whom. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Turns } from '../../src/metadata/turns.ts';

describe('turns', () => {
  it('keep changes of one key in order and let other keys pass', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = turns.take('a', async () => {
      await gate.promise;
      log.push('a1');
    });
    const second = turns.take('a', async () => void log.push('a2'));
    await turns.take('b', async () => void log.push('b1'));
    assert.deepEqual(log, ['b1']);
    gate.resolve();
    await Promise.all([first, second]);
    assert.deepEqual(log, ['b1', 'a1', 'a2']);
  });

  it('go on after a change that failed', async () => {
    const turns = new Turns();
    const failed = turns.take('a', () => Promise.reject(new Error('no')));
    const next = turns.take('a', () => Promise.resolve('yes'));
    await assert.rejects(failed, /no/);
    assert.equal(await next, 'yes');
  });
});
