import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { isError, isPromise, messageOf } from '../../src/base/realms.ts';
import { systemCode } from '../../src/storage/files/files.ts';

test('errors of another realm are errors, with their message and the code of the system', () => {
  const error: unknown = runInNewContext("Object.assign(new Error('no such file'), { code: 'ENOENT' })");
  assert.equal(error instanceof Error, false);
  assert.equal(isError(error), true);
  assert.equal(messageOf(error), 'no such file');
  assert.equal(systemCode(error), 'ENOENT');
  assert.equal(isError({ message: 'no error' }), false);
  assert.equal(messageOf('thrown'), 'thrown');
});

test('promises of another realm are promises', () => {
  assert.equal(isPromise(runInNewContext('Promise.resolve()')), true);
  assert.equal(isPromise(Promise.resolve()), true);
  for (const other of [null, undefined, 1, {}, []]) assert.equal(isPromise(other), false);
});
