/** ConsumerProtocolSubscription. */
import { array, bytes, int32, message, string, structs } from '../../schema.ts';

export const ConsumerProtocolSubscription = message({
  kind: 'data',
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  about: 'What a member of a classic consumer group subscribes to, after an int16 version.',
  fields: {
    topics: array('string'),
    userData: bytes({ about: 'Opaque to everyone but the assignor.', nullable: '0+', default: null }),
    ownedPartitions: structs(
      'TopicPartition',
      { about: 'Partitions held before the rebalance.', versions: '1+', ignorable: true },
      {
        topic: string({ versions: '1+' }),
        partitions: array('int32', { versions: '1+' }),
      },
    ),
    generationId: int32({ about: 'Generation of the group.', versions: '2+', default: -1, ignorable: true }),
    rackId: string({
      about: 'Rack of the sender, empty where unknown.',
      versions: '3+',
      nullable: '3+',
      default: null,
      ignorable: true,
    }),
  },
});
