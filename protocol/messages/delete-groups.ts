/** DeleteGroups, API key 42. */
import { array, int16, int32, message, string, structs } from '../schema.ts';

export const DeleteGroupsRequest = message({
  kind: 'request',
  name: 'DeleteGroupsRequest',
  apiKey: 42,
  versions: '0-3',
  flexible: '2+',
  listeners: ['broker'],
  about: 'Deletes empty groups.',
  fields: {
    groupsNames: array('string'),
  },
});

export const DeleteGroupsResponse = message({
  kind: 'response',
  name: 'DeleteGroupsResponse',
  apiKey: 42,
  versions: '0-3',
  flexible: '2+',
  about: 'Which groups were deleted.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    results: structs(
      'DeletableGroupResult',
      {},
      {
        groupId: string(),
        errorCode: int16(),
        errorMessage: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
      },
    ),
  },
});
