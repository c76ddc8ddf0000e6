/** AddRaftVoter, API key 80. */
import { bool, int16, int32, message, string, structs, uint16, uuid } from '../schema.ts';

export const AddRaftVoterRequest = message({
  kind: 'request',
  name: 'AddRaftVoterRequest',
  apiKey: 80,
  versions: '0-1',
  flexible: '0+',
  listeners: ['controller', 'broker'],
  about: 'Adds a voter to the KRaft quorum.',
  fields: {
    clusterId: string({ nullable: '0+' }),
    timeoutMs: int32({ about: 'How long the server may take, in ms.' }),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: structs(
      'Listener',
      {},
      {
        name: string(),
        host: string(),
        port: uint16(),
      },
    ),
    ackWhenCommitted: bool({ versions: '1+', default: true }),
  },
});

export const AddRaftVoterResponse = message({
  kind: 'response',
  name: 'AddRaftVoterResponse',
  apiKey: 80,
  versions: '0-1',
  flexible: '0+',
  about: 'Whether it was added.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', ignorable: true }),
  },
});
