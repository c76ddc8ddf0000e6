/** What is said when an invariant does not hold. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broken } from '../../src/base/invariant.ts';

test('a broken invariant says whose mistake it is', () => {
  assert.throws(() => broken('1 is 2'), { message: '1 is 2: this is a mistake in Walka, please report it' });
});
