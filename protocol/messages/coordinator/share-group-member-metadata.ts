/** Coordinator records of type 10: ShareGroupMemberMetadata. */
import { array, message, string } from '../../schema.ts';

export const ShareGroupMemberMetadataKey = message({
  kind: 'coordinator-key',
  name: 'ShareGroupMemberMetadataKey',
  apiKey: 10,
  versions: '0',
  flexible: 'none',
  about: 'Key of a member of a share group.',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.' }),
  },
});

export const ShareGroupMemberMetadataValue = message({
  kind: 'coordinator-value',
  name: 'ShareGroupMemberMetadataValue',
  apiKey: 10,
  versions: '0',
  flexible: '0+',
  about: 'Value of a member of a share group.',
  fields: {
    rackId: string({ about: 'Rack of the sender, empty where unknown.', nullable: '0+' }),
    clientId: string({ about: 'Name that the client gives itself.' }),
    clientHost: string(),
    subscribedTopicNames: array('string', { about: 'Topics subscribed to; in heartbeats null for unchanged.' }),
  },
});
