/** LeaveGroup, API key 13. */
import { int16, int32, message, string, structs } from '../schema.ts';

export const LeaveGroupRequest = message({
  kind: 'request',
  name: 'LeaveGroupRequest',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  listeners: ['broker'],
  about: 'Takes members out of a classic group.',
  fields: {
    groupId: string(),
    memberId: string({ about: 'Id of the member.', versions: '0-2' }),
    members: structs(
      'MemberIdentity',
      { versions: '3+' },
      {
        memberId: string({ about: 'Id of the member.', versions: '3+' }),
        groupInstanceId: string({
          about: 'Name of a static member, null for a dynamic one (KIP-345).',
          versions: '3+',
          nullable: '3+',
          default: null,
        }),
        reason: string({
          about: 'Why, for the logs (KIP-800).',
          versions: '5+',
          nullable: '5+',
          default: null,
          ignorable: true,
        }),
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
  about: 'Which members have left.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    errorCode: int16(),
    members: structs(
      'MemberResponse',
      { versions: '3+' },
      {
        memberId: string({ about: 'Id of the member.', versions: '3+' }),
        groupInstanceId: string({
          about: 'Name of a static member, null for a dynamic one (KIP-345).',
          versions: '3+',
          nullable: '3+',
        }),
        errorCode: int16({ versions: '3+' }),
      },
    ),
  },
});
