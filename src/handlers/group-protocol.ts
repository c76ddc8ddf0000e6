/** Which group protocols are served: the cluster's features and the broker's settings decide. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { FeatureName } from '../config/features.ts';
import type { BrokerServices } from './types.ts';

/** Protocols that can be off, with the feature each of them needs. */
const FEATURE_OF = { consumer: 'group.version', streams: 'streams.version' } as const satisfies Record<
  string,
  FeatureName
>;

/** @throws KafkaError UNSUPPORTED_VERSION */
export function requireGroupProtocol({ config, features }: BrokerServices, protocol: keyof typeof FEATURE_OF): void {
  const isOn = features.level(FEATURE_OF[protocol]) > 0;
  if (isOn && config.list('group.coordinator.rebalance.protocols').includes(protocol)) return;
  throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION);
}
