/** Addresses in the forms in which they are compared and told. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressOf, longAddress } from '../../src/base/address.ts';

describe('an address', () => {
  for (const [address, long] of [
    ['::1', '0:0:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['2001:db8::1:0:0:1', '2001:db8:0:0:1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['64:ff9b::10.0.0.1', '64:ff9b:0:0:0:0:a00:1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1%eth0'],
    ['10.0.0.1', '10.0.0.1'],
    ['', ''],
  ] as const) {
    test(`${address} is told as ${long}, as Java writes it, and is the same`, () => {
      assert.equal(longAddress(address), long);
      assert.equal(addressOf(long), addressOf(address));
    });
  }
});
