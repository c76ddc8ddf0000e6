/** ListGroups, API key 16. */
import { array, int16, int32, message, string, structs } from '../schema.ts';

export const ListGroupsRequest = message({
  kind: 'request',
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  about: 'ListGroupsRequest',
  fields: {
    statesFilter: array('string', { versions: '4+' }),
    typesFilter: array('string', { versions: '5+' }),
  },
});

export const ListGroupsResponse = message({
  kind: 'response',
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  about: 'ListGroupsResponse',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    groups: structs(
      'ListedGroup',
      {},
      {
        groupId: string(),
        protocolType: string(),
        groupState: string({ versions: '4+', ignorable: true }),
        groupType: string({ versions: '5+', ignorable: true }),
      },
    ),
  },
});
