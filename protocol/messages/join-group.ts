/** JoinGroup, API key 11. */
import { bool, bytes, int16, int32, message, string, structs } from '../schema.ts';

export const JoinGroupRequest = message({
  kind: 'request',
  name: 'JoinGroupRequest',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  listeners: ['broker'],
  about: 'JoinGroupRequest',
  fields: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ versions: '1+', default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string({ versions: '5+', nullable: '5+', default: null }),
    protocolType: string(),
    protocols: structs(
      'JoinGroupRequestProtocol',
      {},
      {
        name: string(),
        metadata: bytes(),
      },
    ),
    reason: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
  },
});

export const JoinGroupResponse = message({
  kind: 'response',
  name: 'JoinGroupResponse',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  about: 'JoinGroupResponse',
  fields: {
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ versions: '7+', nullable: '7+', default: null, ignorable: true }),
    protocolName: string({ nullable: '7+' }),
    leader: string(),
    skipAssignment: bool({ versions: '9+' }),
    memberId: string(),
    members: structs(
      'JoinGroupResponseMember',
      {},
      {
        memberId: string(),
        groupInstanceId: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
        metadata: bytes(),
      },
    ),
  },
});
