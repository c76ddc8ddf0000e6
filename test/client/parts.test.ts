/** Parts of the client that need no broker: partitions of keys, frames, addresses, aborted transactions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBatch } from '../../protocol/records/build.ts';
import { buildMarker } from '../../protocol/records/markers.ts';
import { addressText, parseAddresses } from '../../src/client/address.ts';
import { FrameReader } from '../../src/client/frame-reader.ts';
import { murmur2 } from '../../protocol/records/partitioner.ts';
import { AbortedFilter } from '../../protocol/records/aborted.ts';
import { wholeBatches } from '../../src/client/record-batches.ts';

test("keys are hashed as Kafka's Java client hashes them", () => {
  for (const [key, hash] of [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ] as const) {
    assert.equal(murmur2(Buffer.from(key)), hash, key);
  }
});

test('frames are put together from pieces of any size', () => {
  const bytes = Buffer.concat([
    Buffer.from([0, 0, 0, 5]),
    Buffer.from('hello'),
    Buffer.from([0, 0, 0, 4]),
    Buffer.from('kafk'),
  ]);
  for (const size of [1, 3, 5, bytes.length]) {
    const frames: string[] = [];
    const reader = new FrameReader((frame) => frames.push(frame.toString()));
    for (let at = 0; at < bytes.length; at += size) assert.ok(reader.take(bytes.subarray(at, at + size)));
    assert.deepEqual(frames, ['hello', 'kafk'], `pieces of ${size}`);
  }
  assert.equal(new FrameReader(() => assert.fail()).take(Buffer.from('HTTP/1.1')), false);
});

test('addresses are hosts with ports, names or numbers, several of them', () => {
  assert.deepEqual(parseAddresses('a:1, [::1]:2,b'), [
    { host: 'a', port: 1 },
    { host: '::1', port: 2 },
    { host: 'b', port: 9092 },
  ]);
  assert.deepEqual(parseAddresses(':9'), [{ host: '127.0.0.1', port: 9 }]);
  for (const text of ['', 'a:', 'a:0', 'a:70000', 'a b:1', 'http://a:1'])
    assert.equal(parseAddresses(text), null, text);
  assert.equal(addressText({ host: '::1', port: 2 }), '[::1]:2');
});

test('what an aborted transaction wrote is left out, and what the same producer wrote later is not', () => {
  const record = { key: null, value: Buffer.from('v'), timestampMs: 1 };
  const batch = (baseOffset: number, id: bigint) =>
    buildBatch([record], { baseOffset, producerId: id, producerEpoch: 0, baseSequence: 0, isTransactional: true });
  const marker = (offset: number, outcome: 'abort' | 'commit') => {
    const bytes = buildMarker({ producerId: 1n, producerEpoch: 0, coordinatorEpoch: 0, outcome }, 1);
    bytes.writeBigInt64BE(BigInt(offset));
    return bytes;
  };
  const plain = buildBatch([record], { baseOffset: 3 });
  const log = Buffer.concat([
    batch(0, 1n),
    batch(1, 2n),
    batch(2, 1n),
    plain,
    marker(4, 'abort'),
    batch(5, 1n),
    marker(6, 'commit'),
  ]);
  const filter = new AbortedFilter([{ producerId: 1n, firstOffset: 0 }]);
  const shown = wholeBatches(log).filter((at) => filter.shows(log, at));
  assert.deepEqual(
    shown.map((at) => Number(log.readBigInt64BE(at))),
    [1, 3, 5],
  );
  // Cut off in the last batch, as fetches are.
  assert.equal(wholeBatches(log.subarray(0, log.length - 1)).length, 6);
});
