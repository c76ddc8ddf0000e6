/** A catalog's call that finds the disk full, and somebody who can free some of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CatalogError } from '../../../src/storage/catalog/catalog-error.ts';
import { withRoom } from '../../../src/storage/catalog/room.ts';

/** A call that fails with each of these codes in turn, then succeeds. */
function failing(...codes: ConstructorParameters<typeof CatalogError>[0][]): () => Promise<string> {
  return async () => {
    const code = codes.shift();
    if (code !== undefined) throw new CatalogError(code, 'It failed.');
    return 'done';
  };
}

test('a call that finds the disk full is made again when room was made, once', async () => {
  let freed = 0;
  const free = async (): Promise<boolean> => ++freed > 0;
  assert.equal(await withRoom('deleteTopic', failing('DISK_FULL'), free), 'done');
  assert.equal(freed, 1);
  await assert.rejects(withRoom('deleteTopic', failing('DISK_FULL', 'DISK_FULL'), free), { code: 'DISK_FULL' });
  assert.equal(freed, 2);
});

test('a call is not made again where there was no room to make, or for another failure', async () => {
  const none = async (): Promise<boolean> => false;
  await assert.rejects(withRoom('deleteTopic', failing('DISK_FULL'), none), { code: 'DISK_FULL' });
  await assert.rejects(withRoom('deleteTopic', failing('DISK_FULL'), null), { code: 'DISK_FULL' });
  await assert.rejects(
    withRoom('deleteTopic', failing('IO'), async () => assert.fail('nothing to free')),
    { code: 'IO' },
  );
});

test('only a call that makes nothing new is given of the reserve', async () => {
  const asked: boolean[] = [];
  const ask = async (mayUseReserve: boolean): Promise<boolean> => {
    asked.push(mayUseReserve);
    return false;
  };
  for (const name of ['start', 'deleteTopic', 'setTopicConfigs', 'setConfigs', 'createTopic', 'addPartitions']) {
    await assert.rejects(withRoom(name, failing('DISK_FULL'), ask), { code: 'DISK_FULL' });
  }
  assert.deepEqual(asked, [true, true, true, true, false, false]);
});
