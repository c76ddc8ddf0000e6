/** SyncGroup, API key 14. */
import { bytes, int16, int32, message, string, structs } from '../schema.ts';

export const SyncGroupRequest = message({
  kind: 'request',
  name: 'SyncGroupRequest',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  listeners: ['broker'],
  about: 'Hands in the assignments, or waits for one.',
  fields: {
    groupId: string(),
    generationId: int32({ about: 'Generation of the group.' }),
    memberId: string({ about: 'Id of the member.' }),
    groupInstanceId: string({
      about: 'Name of a static member, null for a dynamic one (KIP-345).',
      versions: '3+',
      nullable: '3+',
      default: null,
    }),
    protocolType: string({
      about: 'Kind of group: `consumer`, `connect` or what the client likes.',
      versions: '5+',
      nullable: '5+',
      default: null,
      ignorable: true,
    }),
    protocolName: string({
      about: 'Assignor that was chosen.',
      versions: '5+',
      nullable: '5+',
      default: null,
      ignorable: true,
    }),
    assignments: structs(
      'SyncGroupRequestAssignment',
      { about: 'Assignments from the leader; empty from others.' },
      {
        memberId: string({ about: 'Id of the member.' }),
        assignment: bytes({ about: 'What the member is assigned.' }),
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
  about: 'The assignment of the member.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    errorCode: int16(),
    protocolType: string({
      about: 'Kind of group: `consumer`, `connect` or what the client likes.',
      versions: '5+',
      nullable: '5+',
      default: null,
      ignorable: true,
    }),
    protocolName: string({
      about: 'Assignor that was chosen.',
      versions: '5+',
      nullable: '5+',
      default: null,
      ignorable: true,
    }),
    assignment: bytes({ about: 'What the member is assigned.' }),
  },
});
