/** A file with very many runs: what is found in it, and who has a turn meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Directory } from '../../../src/storage/directory.ts';
import { Liveness } from '../../../src/storage/retention/liveness.ts';
import { MemorySource } from '../../support/memory-source.ts';

const STREAMS = 100_000;

/** A batch of each stream. */
function crowded(): MemorySource {
  const bytes = Buffer.alloc(61);
  const times = { maxTimestampMs: 1000, writtenMs: 1000, leaderEpoch: 0, aborted: null };
  const batches = Array.from({ length: STREAMS }, (_, i) => ({
    stream: i + 1,
    baseOffset: 0,
    endOffset: 1,
    bytes,
    ...times,
  }));
  return new MemorySource([1, 1], batches, { runBatches: 1, partBatches: 1, needsLoading: false });
}

/** Does it, and says how many turns the event loop had until it was done. */
async function countingTurns<T>(work: Promise<T>): Promise<{ readonly value: T; readonly turns: number }> {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const value = await work;
  isDone = true;
  return { value, turns };
}

test('others have their turn while a file of many dead runs is looked at', async () => {
  const source = crowded();
  const { value, turns } = await countingTurns(new Liveness().isDead(source, new Directory()));
  assert.equal(value, true);
  assert.ok(turns >= 5, `${turns} turns`);
  assert.equal(source.isReferenced, false);
});

test('the one live run among many is found, and the rest when that is dead, too', async () => {
  const source = crowded();
  const directory = new Directory();
  const liveness = new Liveness();
  for (const stream of [40_000, STREAMS]) directory.add(stream, 0);
  assert.equal(await liveness.isDead(source, directory), false);
  directory.remove(40_000);
  assert.equal(await liveness.isDead(source, directory), false);
  directory.remove(STREAMS);
  assert.equal(await liveness.isDead(source, directory), true);
});
