/** Coordinator records of type 19: StreamsGroupMemberMetadata. */
import { type Fields, int32, message, string, struct, structs, uint16 } from '../../schema.ts';

export const StreamsGroupMemberMetadataKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupMemberMetadataKey',
  apiKey: 19,
  versions: '0',
  flexible: 'none',
  about: 'Key of a member of a streams group.',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

const keyValueFields: Fields = {
  key: string(),
  value: string(),
};

const endpointFields: Fields = {
  host: string(),
  port: uint16(),
};

export const StreamsGroupMemberMetadataValue = message({
  kind: 'coordinator-value',
  name: 'StreamsGroupMemberMetadataValue',
  apiKey: 19,
  versions: '0',
  flexible: '0+',
  about: 'Value of a member of a streams group.',
  fields: {
    instanceId: string({ about: 'Name of a static member, null for a dynamic one (KIP-345).', nullable: '0+' }),
    rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+' }),
    clientId: string({ about: 'Name that the client gives itself.' }),
    clientHost: string(),
    rebalanceTimeoutMs: int32({
      about: 'How long a member may take to rejoin, in ms; -1 for unchanged or unset.',
      default: -1,
    }),
    topologyEpoch: int32(),
    processId: string({ about: 'Id of the process that the member runs in.' }),
    userEndpoint: struct(
      'Endpoint',
      { about: 'Address for interactive queries.', nullable: '0+', default: null },
      endpointFields,
    ),
    clientTags: structs('KeyValue', { about: 'Tags for placing standby tasks; null for unchanged.' }, keyValueFields),
  },
});
