/** RemoveRaftVoter, API key 81. */
import { int16, int32, message, string, uuid } from '../schema.ts';

export const RemoveRaftVoterRequest = message({
  kind: 'request',
  name: 'RemoveRaftVoterRequest',
  apiKey: 81,
  versions: '0',
  flexible: '0+',
  listeners: ['controller', 'broker'],
  about: 'Removes a voter from the KRaft quorum.',
  fields: {
    clusterId: string({ nullable: '0+' }),
    voterId: int32(),
    voterDirectoryId: uuid(),
  },
});

export const RemoveRaftVoterResponse = message({
  kind: 'response',
  name: 'RemoveRaftVoterResponse',
  apiKey: 81,
  versions: '0',
  flexible: '0+',
  about: 'Whether it was removed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', ignorable: true }),
  },
});
