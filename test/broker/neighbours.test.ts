/** Whom a container's broker tells its own address, and whom that of the published port. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNeighbour, type Interfaces } from '../../src/broker/neighbours.ts';

const loopback = { family: 'IPv4', internal: true, address: '127.0.0.1', netmask: '255.0.0.0' };

const ofContainer: Interfaces = () => ({
  lo: [loopback],
  eth0: [
    { family: 'IPv4', internal: false, address: '172.18.0.5', netmask: '255.255.0.0' },
    { family: 'IPv6', internal: false, address: 'fe80::42:acff:fe12:5', netmask: 'ffff:ffff:ffff:ffff::' },
  ],
  eth1: [{ family: 'IPv4', internal: false, address: '10.89.1.2', netmask: '255.255.255.0' }],
});

test('other containers of its networks are neighbours', () => {
  for (const remote of ['172.18.0.2', '::ffff:172.18.255.1', '10.89.1.77', 'fd00::7']) {
    assert.equal(isNeighbour(remote, ofContainer), true, remote);
  }
});

test('what comes by a published port, from elsewhere or from the container itself is none', () => {
  for (const remote of ['172.18.0.1', '10.89.1.1', '192.168.65.1', '172.17.0.3', '127.0.0.1', '172.18.0.5']) {
    assert.equal(isNeighbour(remote, ofContainer), false, remote);
  }
});
