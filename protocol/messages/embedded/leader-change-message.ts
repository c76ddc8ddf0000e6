/** LeaderChangeMessage. */
import { type Fields, int16, int32, message, structs, uuid } from '../../schema.ts';

const voterFields: Fields = {
  voterId: int32(),
  voterDirectoryId: uuid({ versions: '1+' }),
};

export const LeaderChangeMessage = message({
  kind: 'data',
  name: 'LeaderChangeMessage',
  versions: '0-1',
  flexible: '0+',
  about: 'Control record: a new KRaft leader.',
  fields: {
    version: int16(),
    leaderId: int32({ about: 'Node id of the leader, -1 for none.' }),
    voters: structs('Voter', {}, voterFields),
    grantingVoters: structs('Voter', {}, voterFields),
  },
});
