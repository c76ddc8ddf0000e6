/** SyncGroup, API key 14. */
import { bytes, int16, int32, message, string, structs } from '../schema.ts';

export const SyncGroupRequest = message({
  kind: 'request',
  name: 'SyncGroupRequest',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  listeners: ['broker'],
  about: 'SyncGroupRequest',
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
    protocolType: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    protocolName: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    assignments: structs(
      'SyncGroupRequestAssignment',
      {},
      {
        memberId: string(),
        assignment: bytes(),
      },
    ),
  },
});

export const SyncGroupResponse = message({
  kind: 'response',
  name: 'SyncGroupResponse',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  about: 'SyncGroupResponse',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    protocolType: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    protocolName: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    assignment: bytes(),
  },
});
