/** JoinGroup, API key 11. */
import { bool, bytes, int16, int32, message, string, structs } from '../schema.ts';

export const JoinGroupRequest = message({
  kind: 'request',
  name: 'JoinGroupRequest',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  listeners: ['broker'],
  about: 'Joins a classic group and waits for the others.',
  fields: {
    groupId: string(),
    sessionTimeoutMs: int32({ about: 'A member not heard of for so long is removed, in ms.' }),
    rebalanceTimeoutMs: int32({
      about: 'How long a member may take to rejoin, in ms; -1 for unchanged or unset.',
      versions: '1+',
      default: -1,
      ignorable: true,
    }),
    memberId: string({ about: 'Id of the member, empty to be given one.' }),
    groupInstanceId: string({
      about: 'Name of a static member, null for a dynamic one (KIP-345).',
      versions: '5+',
      nullable: '5+',
      default: null,
    }),
    protocolType: string({ about: 'Kind of group: `consumer`, `connect` or what the client likes.' }),
    protocols: structs(
      'JoinGroupRequestProtocol',
      { about: 'Assignors that the member knows, best first.' },
      {
        name: string(),
        metadata: bytes({ about: 'Opaque to the broker.' }),
      },
    ),
    reason: string({
      about: 'Why, for the logs (KIP-800).',
      versions: '8+',
      nullable: '8+',
      default: null,
      ignorable: true,
    }),
  },
});

export const JoinGroupResponse = message({
  kind: 'response',
  name: 'JoinGroupResponse',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  about: 'The new generation, and for the leader its members.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '2+',
      ignorable: true,
    }),
    errorCode: int16(),
    generationId: int32({ about: 'Generation of the group.', default: -1 }),
    protocolType: string({
      about: 'Kind of group: `consumer`, `connect` or what the client likes.',
      versions: '7+',
      nullable: '7+',
      default: null,
      ignorable: true,
    }),
    protocolName: string({ about: 'Assignor that was chosen.', nullable: '7+' }),
    leader: string({ about: 'Member that computes the assignment.' }),
    skipAssignment: bool({ about: 'The leader need not compute an assignment (KIP-814).', versions: '9+' }),
    memberId: string({ about: 'Id of the member.' }),
    members: structs(
      'JoinGroupResponseMember',
      { about: 'All members, for the leader; nobody, for the others.' },
      {
        memberId: string({ about: 'Id of the member.' }),
        groupInstanceId: string({
          about: 'Name of a static member, null for a dynamic one (KIP-345).',
          versions: '5+',
          nullable: '5+',
          default: null,
          ignorable: true,
        }),
        metadata: bytes({ about: 'Opaque to the broker.' }),
      },
    ),
  },
});
