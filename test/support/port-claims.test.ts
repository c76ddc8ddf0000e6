/** Ports that tests hand to brokers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimPort } from './port-claims.ts';

test('ports that are claimed at the same time differ, before anybody listens on them', async () => {
  await using claims = new AsyncDisposableStack();
  const claimed = await Promise.all(Array.from({ length: 30 }, async () => claims.use(await claimPort()).port));
  assert.equal(new Set(claimed).size, claimed.length);
});

test('a claim can be given back, and twice', async () => {
  const first = await claimPort();
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await using second = await claimPort();
  assert.ok(second.port > 0);
});
