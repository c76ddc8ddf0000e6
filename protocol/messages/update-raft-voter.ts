/** UpdateRaftVoter, API key 82. */
import { int16, int32, message, string, struct, structs, uint16, uuid } from '../schema.ts';

export const UpdateRaftVoterRequest = message({
  kind: 'request',
  name: 'UpdateRaftVoterRequest',
  apiKey: 82,
  versions: '0',
  flexible: '0+',
  listeners: ['controller'],
  about: 'UpdateRaftVoterRequest',
  fields: {
    clusterId: string({ nullable: '0+' }),
    currentLeaderEpoch: int32(),
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
  about: 'UpdateRaftVoterResponse',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: struct(
      'CurrentLeader',
      { tag: 0 },
      {
        leaderId: int32({ default: -1 }),
        leaderEpoch: int32({ default: -1 }),
        host: string(),
        port: int32(),
      },
    ),
  },
});
