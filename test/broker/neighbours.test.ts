/** Whom a container's broker tells its own address, and whom that of the published port. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { isNeighbour, type Interfaces } from '../../src/broker/neighbours.ts';
import { sentHome } from '../../src/broker/surroundings.ts';

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

test('another container that is told to connect to itself is told of in the log, once a listener', () => {
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_event, text) => void lines.push(text) };
  const look = sentHome(logger, ofContainer);
  const endpoint = (host: string) => ({ nodeId: 1, host, port: 9092, rack: null });
  look({ listenerName: 'PLAINTEXT', remoteHost: '172.18.0.1' }, endpoint('localhost'));
  look({ listenerName: 'PLAINTEXT', remoteHost: '127.0.0.1' }, endpoint('127.0.0.1'));
  look({ listenerName: 'PLAINTEXT', remoteHost: '172.18.0.7' }, endpoint('kafka'));
  assert.deepEqual(lines, []);
  for (const listenerName of ['PLAINTEXT', 'PLAINTEXT', 'OTHER']) {
    look({ listenerName, remoteHost: '172.18.0.7' }, endpoint('localhost'));
  }
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? '', /^A client at 172\.18\.0\.7 is told by listener PLAINTEXT to connect to localhost:9092/);
});
