/** ConsumerProtocolAssignment. */
import { array, bytes, message, string, structs } from '../../schema.ts';

export const ConsumerProtocolAssignment = message({
  kind: 'data',
  name: 'ConsumerProtocolAssignment',
  versions: '0-3',
  flexible: 'none',
  about: 'ConsumerProtocolAssignment',
  fields: {
    assignedPartitions: structs(
      'TopicPartition',
      {},
      {
        topic: string(),
        partitions: array('int32'),
      },
    ),
    userData: bytes({ nullable: '0+', default: null }),
  },
});
