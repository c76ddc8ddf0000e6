/** ConsumerProtocolAssignment. */
import { array, bytes, message, string, structs } from '../../schema.ts';

export const ConsumerProtocolAssignment = message({
  kind: 'data',
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  about: 'What the leader of a classic consumer group assigns to a member, after an int16 version.',
  fields: {
    assignedPartitions: structs(
      'TopicPartition',
      {},
      {
        topic: string(),
        partitions: array('int32'),
      },
    ),
    userData: bytes({ about: 'Opaque to everyone but the assignor.', nullable: '0+', default: null }),
  },
});
