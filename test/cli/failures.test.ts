/** The one line about a broker that could not start. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { startFailure } from '../../src/cli/failures.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { CatalogError } from '../../src/storage/catalog/catalog-error.ts';

const config = createBrokerConfig(new Map([['log.dirs', tmpdir()]]));

test('an error that says little is told with its cause, and in one line', () => {
  const failed = new CatalogError('IO', 'The catalog failed.', { cause: new Error('no threads left:\n  24 of 24') });
  assert.equal(startFailure(failed, config), 'The catalog failed: no threads left: 24 of 24');
  const said = new CatalogError('IO', 'catalog.db: disk I/O error.', { cause: new Error('disk I/O error') });
  assert.equal(startFailure(said, config), 'catalog.db: disk I/O error.');
});

test('what the system refuses is told of with the directory', () => {
  const system = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE', syscall: 'open' });
  assert.equal(startFailure(system, config), `cannot use ${tmpdir()}: EMFILE: too many open files`);
});

test('an address that is not of this machine is named, whatever the port', () => {
  const refused = { code: 'EADDRNOTAVAIL', syscall: 'listen', address: '192.0.2.1' };
  const system = (more: object) => Object.assign(new Error('listen EADDRNOTAVAIL'), refused, more);
  const message = (place: string) => `cannot listen on ${place}: this machine does not have the address`;
  assert.equal(startFailure(system({ port: 9092 }), config), message('192.0.2.1:9092'));
  // The system's error leaves out port 0.
  assert.equal(startFailure(system({}), config), message('192.0.2.1'));
});

test('an error that nobody expected is no failure to start', () => {
  assert.equal(startFailure(new TypeError('undefined is not a function'), config), null);
  assert.equal(startFailure('text', config), null);
});
