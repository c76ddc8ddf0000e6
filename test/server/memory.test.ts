/** Connections that share too little memory, over real sockets: who is read, when, and into what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STALLED_MS } from '../../src/server/receiving.ts';
import { turns, until } from '../support/run-clock.ts';
import { answer, client, echo, isSecure, produce, type Rig, startRig } from './rig.ts';

const MIB = 1024 * 1024;
/** A connection reads so much before its frame has to have memory for more: with TLS in smaller steps, up to here. */
const AHEAD_BYTES = isSecure() ? 5 * MIB : 3 * MIB;

const body = (name: string, byteLength: number): string => name + '.'.repeat(byteLength - name.length);

/** Two clients with requests of 10 MiB each in 16 MiB: the first is being written, the second waits. */
async function oneWaiting(rig: Rig): Promise<void> {
  const [first, second] = [await client(rig), await client(rig)];
  first.send(produce(1, body('first', 10 * MIB)));
  await until(() => rig.counters.pendingWrites === 1);
  second.send(produce(2, body('second', 10 * MIB)));
  await until(() => rig.counters.bytesIn > 11 * MIB);
  await turns(200);
}

test('a connection whose frame waits for memory is not read', async () => {
  const rig = await startRig({}, false, 16 * MIB);
  await oneWaiting(rig);
  assert.ok(rig.counters.bytesIn < 10 * MIB + AHEAD_BYTES, `${rig.counters.bytesIn} bytes read`);
  assert.ok(rig.pool.usedBytes <= 10 * MIB + 2 * AHEAD_BYTES, `${rig.pool.usedBytes} bytes used`);
});

test('a frame that waits is read on once a write ends, as its records may go from the cache now', async () => {
  const rig = await startRig({}, false, 16 * MIB);
  rig.cached = [];
  await oneWaiting(rig);
  rig.commit(rig.started[0] as string);
  await until(() => rig.started.length === 2);
});

test('what a stalled client sends later does not land in the memory that went to another', async () => {
  const rig = await startRig({}, false, 6 * MIB);
  const [stalled, moving] = [await client(rig), await client(rig)];
  const [slowBody, fastBody] = ['-'.repeat(4 * MIB), '.'.repeat(4 * MIB)];
  const [slow, fast] = [echo(1, slowBody), echo(2, fastBody)];
  stalled.send(slow.subarray(0, MIB));
  await until(() => rig.counters.bytesIn === MIB);
  rig.clock.advance(STALLED_MS);
  moving.send(fast.subarray(0, 3 * MIB));
  await until(() => rig.counters.bytesIn === 4 * MIB);
  stalled.send(slow.subarray(MIB, MIB + 1000));
  await until(() => rig.counters.bytesIn === 4 * MIB + 1000);
  moving.send(fast.subarray(3 * MIB));
  assert.ok((await answer(moving)) === `2:${fastBody}`, 'the one that moves is whole');
  stalled.send(slow.subarray(MIB + 1000));
  assert.ok((await answer(stalled)) === `1:${slowBody}`, 'and the other, too');
});
