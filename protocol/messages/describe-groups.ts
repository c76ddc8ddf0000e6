/** DescribeGroups, API key 15. */
import { array, bool, bytes, int16, int32, message, string, structs } from '../schema.ts';

export const DescribeGroupsRequest = message({
  kind: 'request',
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  listeners: ['broker'],
  about: 'Asks for classic groups.',
  fields: {
    groups: array('string'),
    includeAuthorizedOperations: bool({ about: 'Report what the client may do.', versions: '3+' }),
  },
});

export const DescribeGroupsResponse = message({
  kind: 'response',
  name: 'DescribeGroupsResponse',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  about: 'Classic groups and their members.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    groups: structs(
      'DescribedGroup',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ versions: '6+', nullable: '6+', default: null }),
        groupId: string(),
        groupState: string({ about: 'State of the group, by name.' }),
        protocolType: string({ about: 'Kind of group: `consumer`, `connect` or what the client likes.' }),
        protocolData: string({ about: 'Assignor that was chosen.' }),
        members: structs(
          'DescribedGroupMember',
          {},
          {
            memberId: string({ about: 'Id of the member.' }),
            groupInstanceId: string({
              about: 'Name of a static member, null for a dynamic one (KIP-345).',
              versions: '4+',
              nullable: '4+',
              default: null,
              ignorable: true,
            }),
            clientId: string({ about: 'Name that the client gives itself.' }),
            clientHost: string(),
            memberMetadata: bytes({ about: 'What the member sent on joining.' }),
            memberAssignment: bytes({ about: 'What the leader assigned to the member.' }),
          },
        ),
        authorizedOperations: int32({
          about: 'Bit field of permitted operations; the smallest int32 for not asked.',
          versions: '3+',
          default: -2147483648,
        }),
      },
    ),
  },
});
