/** How the brokers' own topics are made. One broker serves them, so their replication factor is always 1. */
import type { BrokerConfig } from '../config/broker-config.ts';
import { GROUP_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC, TRANSACTION_STATE_TOPIC } from './topic-name.ts';
import type { NewTopic } from './types.ts';

/** The topic as Kafka creates it on first use. @throws Error for a name that is not internal */
export function internalTopic(name: string, config: BrokerConfig): NewTopic {
  const topic = (partitions: string, configs: Readonly<Record<string, string>>): NewTopic => ({
    name,
    partitionCount: config.int(partitions),
    replicationFactor: 1,
    assignments: null,
    configs: new Map(Object.entries(configs)),
  });
  switch (name) {
    case GROUP_METADATA_TOPIC:
      return topic('offsets.topic.num.partitions', {
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
        'segment.bytes': String(config.int('offsets.topic.segment.bytes')),
      });
    case TRANSACTION_STATE_TOPIC:
      return topic('transaction.state.log.num.partitions', {
        'cleanup.policy': 'compact',
        'compression.type': 'uncompressed',
        'min.insync.replicas': String(config.int('transaction.state.log.min.isr')),
        'segment.bytes': String(config.int('transaction.state.log.segment.bytes')),
        'unclean.leader.election.enable': 'false',
      });
    case SHARE_GROUP_STATE_TOPIC:
      return topic('share.coordinator.state.topic.num.partitions', {
        'cleanup.policy': 'delete',
        'compression.type': 'producer',
        'min.insync.replicas': String(config.int('share.coordinator.state.topic.min.isr')),
        'retention.ms': '-1',
        'segment.bytes': String(config.int('share.coordinator.state.topic.segment.bytes')),
      });
    default:
      throw new Error(`${name} is no internal topic`);
  }
}
