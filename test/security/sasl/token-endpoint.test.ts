/** When a provider is asked for a token, and when again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { TokenEndpoint, type TokenEndpointOptions } from '../../../src/security/sasl/oauth/token-endpoint.ts';
import { TokenProvider } from '../../support/token-provider.ts';

const NAME = Buffer.from('billing:secret').toString('base64');

async function provide(): Promise<TokenProvider> {
  const provider = await TokenProvider.open();
  provider.clients.set('billing', 'secret');
  return provider;
}

function endpoint(provider: TokenProvider, clock: ManualClock, options: Partial<TokenEndpointOptions> = {}) {
  return new TokenEndpoint({
    clock,
    url: new URL(provider.tokenUrl),
    tls: null,
    timeoutMs: 10_000,
    retryMs: 100,
    retryMaxMs: 1000,
    request: async () => ({ headers: { authorization: `Basic ${NAME}` }, fields: { grant_type: 'x' } }),
    ...options,
  });
}

test('a token is used for four fifths of its life, by all who ask for one', async () => {
  await using provider = await provide();
  const clock = new ManualClock(Date.now());
  const source = endpoint(provider, clock);
  const [one, other] = await Promise.all([source.token(), source.token()]);
  assert.equal(one, other);
  clock.advance(47 * 60_000);
  await source.token();
  assert.equal(provider.forms.length, 1);
  clock.advance(2 * 60_000);
  await source.token();
  assert.equal(provider.forms.length, 2);
});

test('a provider that is down is asked again, for as long as the settings say', async () => {
  await using provider = await provide();
  const clock = new ManualClock(Date.now());
  provider.isBroken = true;
  const over = new AbortController();
  const asked = endpoint(provider, clock)
    .token()
    .finally(() => over.abort());
  asked.catch(() => undefined);
  while (!over.signal.aborted) {
    await new Promise((resolve) => setImmediate(resolve));
    // Time goes on between the requests, and not while one is under way.
    if (clock.pendingTimers > 0) clock.advance(10);
  }
  await assert.rejects(asked, { code: 'NO_TOKEN', message: /it answers 503$/ });
  // At 0, 100, 300 and 700 ms; the next would come after the last that is allowed, 1000.
  assert.equal(provider.forms.length, 4);
  provider.isBroken = false;
  await endpoint(provider, clock).token();
});

test('who is refused is told so at once', async () => {
  await using provider = await provide();
  provider.clients.clear();
  await assert.rejects(endpoint(provider, new ManualClock(Date.now())).token(), {
    code: 'NO_TOKEN',
    message: `no token from ${provider.tokenUrl}: it answers 401 (invalid_client, who are you?)`,
  });
  assert.equal(provider.forms.length, 1);
});
