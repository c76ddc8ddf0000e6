/** The CRC of two stretches of bytes out of the CRCs of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32cCombine } from '../../protocol/crc32c-combine.ts';
import { crc32c } from '../../protocol/crc32c.ts';
import { seededRandom } from '../../src/base/random.ts';

test('two CRCs put together are the CRC of all bytes, whatever their lengths and what came before', () => {
  const random = seededRandom(1);
  const bytes = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.int(256)));
  for (let round = 0; round < 2000; round++) {
    const first = random.int(100);
    const second = random.int(round % 20 === 0 ? bytes.length - first + 1 : 1000);
    const initial = random.int(2) === 0 ? 0 : random.int(2 ** 32);
    const a = crc32c(bytes.subarray(0, first), initial);
    const b = crc32c(bytes.subarray(first, first + second));
    const whole = crc32c(bytes.subarray(0, first + second), initial);
    assert.equal(crc32cCombine(a, b, second), whole, `${first} and ${second} bytes from ${initial}`);
  }
});

test('lengths beyond a third and a fourth byte count too', () => {
  const zeros = Buffer.alloc(1 << 20);
  let crc = 0x12345678;
  let ofZeros = 0;
  for (let length = zeros.length; length <= 1 << 25; length += zeros.length) {
    crc = crc32c(zeros, crc);
    ofZeros = crc32c(zeros, ofZeros);
    assert.equal(crc32cCombine(0x12345678, ofZeros, length), crc, `${length} bytes`);
  }
});
