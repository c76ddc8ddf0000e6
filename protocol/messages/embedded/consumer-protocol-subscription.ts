/** ConsumerProtocolSubscription. */
import { array, bytes, int32, message, string, structs } from '../../schema.ts';

export const ConsumerProtocolSubscription = message({
  kind: 'data',
  name: 'ConsumerProtocolSubscription',
  versions: '0-3',
  flexible: 'none',
  about: 'ConsumerProtocolSubscription',
  fields: {
    topics: array('string'),
    userData: bytes({ nullable: '0+', default: null }),
    ownedPartitions: structs(
      'TopicPartition',
      { versions: '1+', ignorable: true },
      {
        topic: string({ versions: '1+' }),
        partitions: array('int32', { versions: '1+' }),
      },
    ),
    generationId: int32({ versions: '2+', default: -1, ignorable: true }),
    rackId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
  },
});
