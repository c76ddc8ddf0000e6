/** DescribeGroups, API key 15. */
import { array, bool, bytes, int16, int32, message, string, structs } from '../schema.ts';

export const DescribeGroupsRequest = message({
  kind: 'request',
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  listeners: ['broker'],
  about: 'DescribeGroupsRequest',
  fields: {
    groups: array('string'),
    includeAuthorizedOperations: bool({ versions: '3+' }),
  },
});

export const DescribeGroupsResponse = message({
  kind: 'response',
  name: 'DescribeGroupsResponse',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  about: 'DescribeGroupsResponse',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    groups: structs(
      'DescribedGroup',
      {},
      {
        errorCode: int16(),
        errorMessage: string({ versions: '6+', nullable: '6+', default: null }),
        groupId: string(),
        groupState: string(),
        protocolType: string(),
        protocolData: string(),
        members: structs(
          'DescribedGroupMember',
          {},
          {
            memberId: string(),
            groupInstanceId: string({ versions: '4+', nullable: '4+', default: null, ignorable: true }),
            clientId: string(),
            clientHost: string(),
            memberMetadata: bytes(),
            memberAssignment: bytes(),
          },
        ),
        authorizedOperations: int32({ versions: '3+', default: -2147483648 }),
      },
    ),
  },
});
