/** The delegation tokens of a broker that has a key for them; without one their code is not loaded. */
import type { Clock } from '../base/clock.ts';
import type { ClosingStack } from '../base/closing-stack.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { BrokerServices } from '../handlers/types.ts';
import type { MetadataStore } from '../metadata/types.ts';
import { RepeatedTimer } from './repeated-timer.ts';

export interface TokenOptions {
  readonly config: BrokerConfig;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Null without a key. `stack` ends what removes expired tokens. */
export async function openTokens(options: TokenOptions, stack: ClosingStack): Promise<BrokerServices['tokens']> {
  const { config, clock, logger } = options;
  const secretKey = config.text('delegation.token.secret.key') ?? '';
  if (secretKey === '') return null;
  const { DelegationTokens } = await import('../security/tokens/delegation-tokens.ts');
  const expiryMs = config.int('delegation.token.expiry.time.ms');
  const maxLifetimeMs = config.int('delegation.token.max.lifetime.ms');
  const tokens = new DelegationTokens({ ...options, secretKey, expiryMs, maxLifetimeMs });
  const removal = new RepeatedTimer(clock, async () => {
    try {
      await tokens.removeExpired();
    } catch (error) {
      if (removal.isStopped) return;
      logger.warn('token-removal-failed', 'Delegation tokens that expired could not be removed; they do not count', {
        error,
      });
    }
  });
  stack.adopt(removal, (timer) => timer.stop());
  removal.start(() => config.int('delegation.token.expiry.check.interval.ms'));
  return tokens;
}
