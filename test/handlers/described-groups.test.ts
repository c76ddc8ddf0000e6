import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { describeAll } from '../../src/handlers/described-groups.ts';

test('groups are described up to 64 MiB, and those beyond refused', async () => {
  const asked: string[] = [];
  const describe = async (groupId: string) => {
    asked.push(groupId);
    return { groupId, errorCode: ErrorCode.NONE, members: [40, 10] };
  };
  const groups = await describeAll(['a', 'b', 'a', 'c'], describe, (mebibytes: number) => mebibytes * 2 ** 20);
  const { NONE, INVALID_REQUEST } = ErrorCode;
  const found = groups.map(({ groupId, errorCode }) => [groupId, errorCode]);
  assert.deepEqual(found, [
    ['a', NONE],
    ['b', NONE],
    ['a', INVALID_REQUEST],
    ['c', INVALID_REQUEST],
  ]);
  assert.deepEqual(asked, ['a', 'b']);
});

test('other connections get their turn while thousands of members are described', async () => {
  const members = Array.from({ length: 1500 }, () => 1);
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await describeAll(
    ['a', 'b', 'c', 'd'],
    async (groupId) => ({ groupId, errorCode: 0, members }),
    () => 1,
  );
  isDone = true;
  assert(turns >= 2, `${turns} turns`);
});
