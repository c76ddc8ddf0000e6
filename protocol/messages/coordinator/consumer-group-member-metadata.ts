/** Coordinator records of type 5: ConsumerGroupMemberMetadata. */
import { array, bytes, int32, message, string, struct, structs } from '../../schema.ts';

export const ConsumerGroupMemberMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupMemberMetadataKey',
  apiKey: 5,
  versions: '0',
  flexible: 'none',
  about: 'ConsumerGroupMemberMetadataKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ConsumerGroupMemberMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupMemberMetadataValue',
  apiKey: 5,
  versions: '0',
  flexible: '0+',
  about: 'ConsumerGroupMemberMetadataValue',
  fields: {
    instanceId: string({ nullable: '0+' }),
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array('string'),
    subscribedTopicRegex: string({ nullable: '0+' }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: string({ nullable: '0+' }),
    classicMemberMetadata: struct(
      'ClassicMemberMetadata',
      { nullable: '0+', tag: 0, default: null },
      {
        sessionTimeoutMs: int32(),
        supportedProtocols: structs(
          'ClassicProtocol',
          {},
          {
            name: string(),
            metadata: bytes(),
          },
        ),
      },
    ),
  },
});
