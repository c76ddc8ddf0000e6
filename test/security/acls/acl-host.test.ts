/** Hosts of ACLs: addresses in any form, and ranges as Apache Kafka 4.4.0 was seen to take, refuse and apply them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AclHost, isRange, rangeError } from '../../../src/security/acls/acl-host.ts';

const within: ReadonlyArray<readonly [string, string]> = [
  ['127.0.0.0/8', '127.0.0.1'],
  ['127.0.0.1/32', '127.0.0.1'],
  ['127.0.0.5/8', '127.255.255.255'],
  ['127.000.0.0/08', '127.0.0.1'],
  ['127.0.0.0/31', '127.0.0.1'],
  ['0.0.0.0/0', '203.0.113.9'],
  ['2001:DB8::/32', '2001:db8:1::1'],
  ['[fe80::1%eth0]/64', 'fe80::2'],
  ['::/0', '::1'],
];
const outside: ReadonlyArray<readonly [string, string]> = [
  ['10.0.0.0/8', '127.0.0.1'],
  ['127.0.0.2/31', '127.0.0.1'],
  ['2001:db8::/32', '2001:db9::1'],
  ['::/0', '127.0.0.1'],
  ['0.0.0.0/0', '::1'],
];
const none = (
  '127.0.0.0/33|127.1/8|::/129|::ffff:1.2.3.4/96|/127.0.0.1| 127.0.0.0/8|127.0.0.0/8 |127.0.0.0/|a/b|1.2.3.4/-1|*/8|/|' +
  '1.2.3.4/8/9|0/0|1.2.3.4/+8|1.2.3.4/8x|::1/|127.0.0.0/255.0.0.0|256.0.0.0/8|127.0.0.0/007|1:2:3:4:5:6:7/127'
).split('|');

/** As Java writes it (so Kafka's ACLs have it), as people do, and of IPv4 as IPv6 wraps it. */
const same: ReadonlyArray<readonly [string, string]> = [
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:0db8::0001', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['fe80:0:0:0:0:0:0:1%2', 'fe80::1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['0:0:0:0:0:ffff:a00:1', '10.0.0.1'],
  ['010.0.0.001', '10.0.0.1'],
];
const different: ReadonlyArray<readonly [string, string]> = [
  ['::1', '127.0.0.1'],
  ['2001:db8::1', '2001:db8::2'],
  ['::10.0.0.1', '10.0.0.1'],
  ['db.test', '10.0.0.1'],
  ['', ''],
  ['256.0.0.1', '256.0.0.1'],
];

describe('an address', () => {
  for (const [host, address] of same) {
    test(`${host} is ${address}`, () => assert.ok(new AclHost(host).has(address)));
  }
  for (const [host, address] of different) {
    test(`${host} is not ${address}`, () => assert.ok(!new AclHost(host).has(address)));
  }
});

describe('a range', () => {
  for (const [range, address] of within) {
    test(`${range} has ${address}`, () => {
      assert.equal(rangeError(range), null);
      assert.ok(new AclHost(range).has(address));
    });
  }
  for (const [range, address] of outside) {
    test(`${range} has no ${address}`, () => assert.ok(!new AclHost(range).has(address)));
  }
  for (const text of none) {
    test(`is not written ${JSON.stringify(text)}`, () => {
      assert.ok(isRange(text));
      assert.match(rangeError(text) ?? '', /^Invalid CIDR notation /);
      assert.ok(!new AclHost(text).has('127.0.0.1'));
    });
  }
});
