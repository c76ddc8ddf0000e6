/** DescribeLogDirs, API key 35. */
import { array, bool, int16, int32, message, offset, string, structs } from '../schema.ts';

export const DescribeLogDirsRequest = message({
  kind: 'request',
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: '0-5',
  flexible: '2+',
  listeners: ['broker'],
  about: 'Asks for log directories and their sizes.',
  fields: {
    topics: structs(
      'DescribableLogDirTopic',
      { nullable: '0+' },
      {
        topic: string(),
        partitions: array('int32'),
      },
    ),
  },
});

export const DescribeLogDirsResponse = message({
  kind: 'response',
  name: 'DescribeLogDirsResponse',
  apiKey: 35,
  versions: '0-5',
  flexible: '2+',
  about: 'Log directories and their sizes.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16({ versions: '3+', ignorable: true }),
    results: structs(
      'DescribeLogDirsResult',
      {},
      {
        errorCode: int16(),
        logDir: string(),
        topics: structs(
          'DescribeLogDirsTopic',
          {},
          {
            name: string(),
            partitions: structs(
              'DescribeLogDirsPartition',
              {},
              {
                partitionIndex: int32(),
                partitionSize: offset({ about: 'Bytes of the partition in this directory.' }),
                offsetLag: offset({ about: 'Records the replica lacks.' }),
                isFutureKey: bool({ about: 'The replica is being moved to this directory.' }),
              },
            ),
          },
        ),
        totalBytes: offset({
          about: 'Size of the volume, -1 where unknown.',
          versions: '4+',
          default: -1,
          ignorable: true,
        }),
        usableBytes: offset({
          about: 'Free space of the volume, -1 where unknown.',
          versions: '4+',
          default: -1,
          ignorable: true,
        }),
        isCordoned: bool({ versions: '5+', ignorable: true }),
      },
    ),
  },
});
