/**
 * Puts the CRC-32C of two stretches of bytes together without reading either again. A CRC is the remainder of a
 * polynomial over GF(2), so the first one counts as if it had been followed by as many zeros as the second is long: it is
 * multiplied by x^(8 × length), modulo Castagnoli's polynomial. That power is the product of one for each byte of the
 * length, and those are in a table.
 */
import { CASTAGNOLI } from './crc32c.ts';

/** The polynomial 1, with its bits reversed as all here. */
const ONE = 0x80000000;

/** x^(8 × n × 256^k) at k × 256 + n. */
let powers: Int32Array | undefined;

/** The product of two polynomials, modulo Castagnoli's. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let rest = a; rest !== 0; rest <<= 1) {
    product ^= shifted & (rest >> 31);
    shifted = (shifted >>> 1) ^ (CASTAGNOLI & -(shifted & 1));
  }
  return product;
}

function makePowers(): Int32Array {
  const table = new Int32Array(4 * 256);
  let step = ONE >>> 8; // x^8
  for (let at = 0; at < table.length; at += 256) {
    table[at] = ONE;
    for (let n = 1; n < 256; n++) table[at + n] = multiply(table[at + n - 1] as number, step);
    step = multiply(table[at + 255] as number, step);
  }
  return table;
}

/**
 * CRC-32C of two stretches of bytes, one behind the other: `a` of the first, `b` of the second, which has `lengthB` bytes
 * (below 4 GiB). Unsigned.
 */
export function crc32cCombine(a: number, b: number, lengthB: number): number {
  powers ??= makePowers();
  let shifted = a;
  for (let at = 0, rest = lengthB; rest !== 0; at += 256, rest >>>= 8) {
    const byte = rest & 0xff;
    if (byte !== 0) shifted = multiply(powers[at + byte] as number, shifted);
  }
  return (shifted ^ b) >>> 0;
}
