/** What is served when, while the event loop rests between turns so that small requests gather. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestFrame, type WireClient } from '../support/wire-client.ts';
import { answer, BIG, client, echo, type Rig, startRig } from './rig.ts';

const MEGABYTE = requestFrame(BIG, 0, 1, Buffer.from([0, 0, 0, 1]));

/** Sends one small request after the other until the loop has begun to rest; from then on the clock stands still. */
async function untilItRests(rig: Rig, sender: WireClient): Promise<void> {
  for (let i = 0; rig.counters.rests === 0; i++) {
    assert.ok(i < 10_000, 'it rests');
    sender.send(echo(i, 'again'));
    await answer(sender);
    rig.clock.advance(0.3);
  }
}

/** How many requests that came with a fetch, but behind it, started before it. */
async function startedBeforeFetch(rig: Rig, reader: WireClient, sender: WireClient): Promise<number> {
  const before = rig.started.length;
  reader.send(MEGABYTE);
  sender.send(echo(0, 'beside'));
  await Promise.all([reader.next(), sender.next()]);
  return (rig.fetchedAfter.at(-1) as number) - before;
}

test('a fetch that comes between rests is served behind what came with it, and brings what that wrote', async () => {
  const rig = await startRig({ restMs: 0.01 });
  const [reader, sender] = [await client(rig), await client(rig)];
  await untilItRests(rig, sender);
  for (let i = 0; i < 3; i++) assert.equal(await startedBeforeFetch(rig, reader, sender), 1);
});

test('a fetch that comes alone is served between rests, too, and so is one behind another', async () => {
  const rig = await startRig({ restMs: 0.01 });
  const [reader, sender] = [await client(rig), await client(rig)];
  await untilItRests(rig, sender);
  reader.send(Buffer.concat([MEGABYTE, MEGABYTE]));
  assert.ok(((await reader.next()) as Buffer).length > 1_000_000);
  assert.ok(((await reader.next()) as Buffer).length > 1_000_000);
});

test('where the loop does not rest, requests start as they come', async () => {
  const rig = await startRig();
  const [reader, sender] = [await client(rig), await client(rig)];
  assert.equal(await startedBeforeFetch(rig, reader, sender), 0);
});
