/** When the keys of a provider are loaded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { ProviderKeys } from '../../../src/security/sasl/oauth/provider-keys.ts';

interface Provider {
  readonly keys: ProviderKeys;
  readonly clock: ManualClock;
  loads: number;
  isThere: boolean;
}

function open(): Provider {
  const clock = new ManualClock();
  const provider: Provider = {
    clock,
    loads: 0,
    isThere: true,
    keys: new ProviderKeys({
      clock,
      async load() {
        provider.loads += 1;
        if (!provider.isThere) throw new Error('not there');
        return { keys: [{ kid: String(provider.loads) }] };
      },
      refreshMs: 3_600_000,
      retryMs: 100,
      retryMaxMs: 1000,
      onFailure: () => {},
    }),
  };
  return provider;
}

/** Lets what was begun by a timer come to its end. */
async function pass(provider: Provider, ms: number): Promise<number> {
  provider.clock.advance(ms);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  return provider.loads;
}

const newest = ({ keys }: Provider): string | undefined => keys.current?.keys[0]?.kid;

test('keys are loaded at the start and again when they are old', async () => {
  const provider = open();
  await provider.keys.start();
  assert.equal(newest(provider), '1');
  assert.equal(await pass(provider, 3_599_999), 1);
  assert.equal(await pass(provider, 1), 2);
  assert.equal(newest(provider), '2');
});

test('after failures they are asked for again sooner, less and less often, and those from before stay', async () => {
  const provider = open();
  await provider.keys.start();
  provider.isThere = false;
  await pass(provider, 3_600_000);
  const waits = [100, 200, 400, 800, 1000, 1000];
  for (const [at, ms] of waits.entries()) {
    assert.equal(await pass(provider, ms - 1), 2 + at);
    assert.equal(await pass(provider, 1), 3 + at);
  }
  assert.equal(newest(provider), '1');
  provider.isThere = true;
  await pass(provider, 1000);
  assert.equal(newest(provider), '9');
  assert.equal(await pass(provider, 3_599_999), 9);
});

test('for tokens that nobody signed they are asked for once in 10 s', async () => {
  const provider = open();
  await provider.keys.start();
  assert.deepEqual(await Promise.all([provider.keys.renew(), provider.keys.renew()]), [true, true]);
  assert.equal(provider.loads, 2);
  assert.equal(await provider.keys.renew(), false);
  await pass(provider, 10_000);
  assert.equal(await provider.keys.renew(), true);
  assert.equal(provider.loads, 3);
});

test('nobody asks for them any more once they are closed', async () => {
  const provider = open();
  await provider.keys.start();
  provider.keys.close();
  assert.equal(await pass(provider, 10 * 3_600_000), 1);
  assert.equal(provider.clock.pendingTimers, 0);
});
