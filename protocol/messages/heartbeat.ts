/** Heartbeat, API key 12. */
import { int16, int32, message, string } from '../schema.ts';

export const HeartbeatRequest = message({
  kind: 'request',
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  listeners: ['broker'],
  about: 'HeartbeatRequest',
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
  },
});

export const HeartbeatResponse = message({
  kind: 'response',
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  about: 'HeartbeatResponse',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
  },
});
