/** Delegation tokens that are changed while others are: what clients were told stays so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { ManualClock } from '../../../src/base/manual-clock.ts';
import { userPrincipal } from '../../../src/security/principal.ts';
import { DelegationTokens } from '../../../src/security/tokens/delegation-tokens.ts';
import { openTestServices } from '../../support/test-services.ts';

const HOUR = 3_600_000;
const ALICE = userPrincipal('alice');

test('a token that is prolonged just before it expires is not removed by a look that comes meanwhile', async () => {
  const clock = new ManualClock();
  await using opened = await openTestServices({ clock });
  const { metadata } = opened.services;
  const limits = { secretKey: 'secret', expiryMs: HOUR, maxLifetimeMs: 10 * HOUR };
  const tokens = new DelegationTokens({ metadata, clock, random: seededRandom(1), ...limits });
  const { id } = await tokens.create({ owner: ALICE, requester: ALICE, renewers: [], maxLifetimeMs: 0 });
  clock.advance(HOUR);
  const renewal = tokens.renew(tokens.secretOf(id), ALICE, 0);
  clock.advance(1);
  await tokens.removeExpired();
  const expiresMs = await renewal;
  assert.deepEqual(
    [...tokens].map((token) => [token.id, token.expiresMs]),
    [[id, expiresMs]],
  );
});
