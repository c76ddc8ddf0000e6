/** Ten thousand connections that say little or nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ApiVersions } from '../../support/data-apis.ts';
import { MIB, WatchedBroker, connectMany, eventually } from './watched-broker.ts';

const CONNECTIONS = 10_000;
const MAX_RSS_BYTES = 250 * MIB;

/** How many descriptors a process may have here. */
function descriptorLimit(): number {
  try {
    return Number(readFileSync('/proc/self/limits', 'utf8').match(/Max open files\s+\d+\s+(\d+)/)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

test('10,000 idle connections stay below 250 MB, and their descriptors come back', async (t) => {
  const count = Math.min(CONNECTIONS, descriptorLimit() - 200);
  if (count < 1000) return t.skip(`only ${descriptorLimit()} descriptors here`);
  await using broker = await WatchedBroker.start();
  await broker.assertWell();
  const before = broker.descriptors();
  const clients = await connectMany(broker, count);
  // Half of them have said hello, as clients do.
  const hello = { clientSoftwareName: 'idle', clientSoftwareVersion: '1' };
  for (let at = 0; at < clients.length; at += 200) {
    await Promise.all(clients.slice(at, at + 100).map((client) => client.call(ApiVersions, 3, hello)));
  }
  await broker.assertWell();
  assert.ok(broker.descriptors() === 0 || broker.descriptors() >= count);
  assert.ok(broker.rssBytes() < MAX_RSS_BYTES, `${broker.rssBytes() / MIB} MiB`);
  t.diagnostic(`${count} connections: ${Math.round(broker.rssBytes() / MIB)} MiB`);
  for (const client of clients) client.close();
  await eventually('the descriptors are back', () => broker.descriptors() <= before + 2);
  await broker.assertWell();
});
