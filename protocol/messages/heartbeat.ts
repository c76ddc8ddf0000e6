/** Heartbeat, API key 12. */
import { int16, int32, message, string } from '../schema.ts';

export const HeartbeatRequest = message({
  kind: 'request',
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  listeners: ['broker'],
  about: 'Shows that a classic member is alive.',
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
  },
});

export const HeartbeatResponse = message({
  kind: 'response',
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  about: 'Whether the group is stable.',
  fields: {
    throttleTimeMs: int32({
      about: 'How long the broker holds the connection back, in ms.',
      versions: '1+',
      ignorable: true,
    }),
    errorCode: int16(),
  },
});
