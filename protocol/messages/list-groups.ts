/** ListGroups, API key 16. */
import { array, int16, int32, message, string, structs } from '../schema.ts';

export const ListGroupsRequest = message({
  kind: 'request',
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  listeners: ['broker'],
  about: 'Lists the groups of a broker.',
  fields: {
    statesFilter: array('string', { about: 'States wanted; empty for all.', versions: '4+' }),
    typesFilter: array('string', { about: 'Types wanted; empty for all.', versions: '5+' }),
  },
});

export const ListGroupsResponse = message({
  kind: 'response',
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  about: 'The groups of a broker.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    errorCode: int16(),
    groups: structs(
      'ListedGroup',
      {},
      {
        groupId: string(),
        protocolType: string({ about: 'Kind of group: `consumer`, `connect` or what the client likes.' }),
        groupState: string({ about: 'State of the group, by name.', versions: '4+', ignorable: true }),
        groupType: string({
          about: 'Type of the group: `classic`, `consumer`, `share` or `streams`.',
          versions: '5+',
          ignorable: true,
        }),
      },
    ),
  },
});
