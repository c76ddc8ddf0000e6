/** Coordinator records of type 19: StreamsGroupMemberMetadata. */
import { type Fields, int32, message, string, struct, structs, uint16 } from '../../schema.ts';

export const StreamsGroupMemberMetadataKey = message({
  kind: 'coordinator-key',
  name: 'StreamsGroupMemberMetadataKey',
  apiKey: 19,
  versions: '0',
  flexible: 'none',
  about: 'StreamsGroupMemberMetadataKey',
  fields: {
    groupId: string(),
    memberId: string(),
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
  about: 'StreamsGroupMemberMetadataValue',
  fields: {
    instanceId: string({ nullable: '0+' }),
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: struct('Endpoint', { nullable: '0+', default: null }, endpointFields),
    clientTags: structs('KeyValue', {}, keyValueFields),
  },
});
