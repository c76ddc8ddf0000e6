/** UpdateRaftVoter, API key 82. */
import { int16, int32, message, string, struct, structs, uint16, uuid } from '../schema.ts';

export const UpdateRaftVoterRequest = message({
  kind: 'request',
  name: 'UpdateRaftVoterRequest',
  apiKey: 82,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'Updates the addresses of a KRaft voter.',
  fields: {
    clusterId: string({ nullable: '0+' }),
    currentLeaderEpoch: int32({ about: 'Leader epoch that the client knows, -1 for none.' }),
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
    kRaftVersionFeature: struct(
      'KRaftVersionFeature',
      {},
      {
        minSupportedVersion: int16(),
        maxSupportedVersion: int16(),
      },
    ),
  },
});

export const UpdateRaftVoterResponse = message({
  kind: 'response',
  name: 'UpdateRaftVoterResponse',
  apiKey: 82,
  versions: '0',
  flexible: '0+',
  about: 'Whether they were updated.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    currentLeader: struct(
      'CurrentLeader',
      { about: 'Where the partition is led now, after a leadership error (KIP-951).', tag: 0 },
      {
        leaderId: int32({ about: 'Node id of the leader, -1 for none.', default: -1 }),
        leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.', default: -1 }),
        host: string(),
        port: int32(),
      },
    ),
  },
});
