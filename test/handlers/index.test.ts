/** The table of APIs agrees with the handlers that it loads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiInfo } from '../../protocol/apis.ts';
import { handlers } from '../../src/handlers/index.ts';

test('an API that is loaded on first use has the versions that the table says', async () => {
  for (const listed of handlers) {
    if (!('load' in listed)) continue;
    const { apiKey, minVersion, maxVersion, unstableVersion, advertisedMinVersion } = await listed.load();
    assert.deepEqual(
      { apiKey, minVersion, maxVersion, unstableVersion, advertisedMinVersion },
      {
        apiKey: listed.apiKey,
        minVersion: listed.minVersion,
        maxVersion: listed.maxVersion,
        unstableVersion: listed.unstableVersion,
        advertisedMinVersion: listed.advertisedMinVersion,
      },
    );
  }
});

test('no API is in the table twice', () => {
  assert.equal(new Set(handlers.map(({ apiKey }) => apiKey)).size, handlers.length);
});

test('what a client may ask of a broker of Kafka is in the table, up to its newest stable version', () => {
  for (const { key, name, maxVersion, listeners } of apiInfo.values()) {
    const served = handlers.find(({ apiKey }) => apiKey === key);
    assert.equal(served?.maxVersion, listeners.includes('broker') ? maxVersion : undefined, name);
  }
});
