/** VotersRecord. */
import { int16, int32, message, string, struct, structs, uint16, uuid } from '../../schema.ts';

export const VotersRecord = message({
  kind: 'data',
  name: 'VotersRecord',
  versions: '0',
  flexible: '0+',
  about: 'Control record: voters of the KRaft quorum.',
  fields: {
    version: int16(),
    voters: structs(
      'Voter',
      {},
      {
        voterId: int32(),
        voterDirectoryId: uuid(),
        endpoints: structs(
          'Endpoint',
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
    ),
  },
});
