/** LeaveGroup, API key 13. */
import { int16, int32, message, string, structs } from '../schema.ts';

export const LeaveGroupRequest = message({
  kind: 'request',
  name: 'LeaveGroupRequest',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  listeners: ['broker'],
  about: 'LeaveGroupRequest',
  fields: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: structs(
      'MemberIdentity',
      { versions: '3+' },
      {
        memberId: string({ versions: '3+' }),
        groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
        reason: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
      },
    ),
  },
});

export const LeaveGroupResponse = message({
  kind: 'response',
  name: 'LeaveGroupResponse',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  about: 'LeaveGroupResponse',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    members: structs(
      'MemberResponse',
      { versions: '3+' },
      {
        memberId: string({ versions: '3+' }),
        groupInstanceId: string({ versions: '3+', nullable: '3+' }),
        errorCode: int16({ versions: '3+' }),
      },
    ),
  },
});
