/** Coordinator records of type 5: ConsumerGroupMemberMetadata. */
import { array, bytes, int32, message, string, struct, structs } from '../../schema.ts';

export const ConsumerGroupMemberMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupMemberMetadataKey',
  apiKey: 5,
  versions: '0',
  flexible: 'none',
  about: 'Key of a member of a consumer group.',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

export const ConsumerGroupMemberMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupMemberMetadataValue',
  apiKey: 5,
  versions: '0',
  flexible: '0+',
  about: 'Value of a member of a consumer group.',
  fields: {
    instanceId: string({ about: 'Name of a static member, null for a dynamic one (KIP-345).', nullable: '0+' }),
    rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+' }),
    clientId: string({ about: 'Name that the client gives itself.' }),
    clientHost: string(),
    subscribedTopicNames: array('string', { about: 'Topics subscribed to; in heartbeats null for unchanged.' }),
    subscribedTopicRegex: string({
      about: 'Regular expression subscribed to (RE2); null for unchanged or none.',
      nullable: '0+',
    }),
    rebalanceTimeoutMs: int32({
      about: 'How long a member may take to rejoin, in ms; -1 for unchanged or unset.',
      default: -1,
    }),
    serverAssignor: string({ about: 'Assignor on the broker; null for unchanged or the default.', nullable: '0+' }),
    classicMemberMetadata: struct(
      'ClassicMemberMetadata',
      {
        about: 'What a member of the classic protocol joined with; null for others, which Kafka writes explicitly.',
        nullable: '0+',
        tag: 0,
      },
      {
        sessionTimeoutMs: int32({ about: 'A member not heard of for so long is removed, in ms.' }),
        supportedProtocols: structs(
          'ClassicProtocol',
          {},
          {
            name: string(),
            metadata: bytes({ about: 'Opaque to the broker.' }),
          },
        ),
      },
    ),
  },
});
