/** Coordinator records of type 10: ShareGroupMemberMetadata. */
import { array, message, string } from '../../schema.ts';

export const ShareGroupMemberMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupMemberMetadataKey',
  apiKey: 10,
  versions: '0',
  flexible: 'none',
  about: 'ShareGroupMemberMetadataKey',
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ShareGroupMemberMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupMemberMetadataValue',
  apiKey: 10,
  versions: '0',
  flexible: '0+',
  about: 'ShareGroupMemberMetadataValue',
  fields: {
    rackId: string({ nullable: '0+' }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array('string'),
  },
});
