/** What a server test needs of a broker: real clock, no topics. Parts that a test does not touch throw when used. */
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';

/** Services in which only clock, logger, random and configuration listeners exist. */
export function bareServices(clock: Clock = systemClock): BrokerServices {
  const config = { onChange: () => () => {}, features: new Map([['metadata.version', 33]]) };
  const metadata = { clusterId: 'test-cluster', nodeId: 1 };
  return { clock, random: systemRandom, logger: silentLogger, config, metadata } as unknown as BrokerServices;
}
