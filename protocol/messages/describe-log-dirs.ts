/** DescribeLogDirs, API key 35. */
import { array, bool, int16, int32, message, offset, string, structs } from '../schema.ts';

export const DescribeLogDirsRequest = message({
  kind: 'request',
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: '1-5',
  flexible: '2+',
  listeners: ['broker'],
  about: 'DescribeLogDirsRequest',
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
  versions: '1-5',
  flexible: '2+',
  about: 'DescribeLogDirsResponse',
  fields: {
    throttleTimeMs: int32(),
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
                partitionSize: offset(),
                offsetLag: offset(),
                isFutureKey: bool(),
              },
            ),
          },
        ),
        totalBytes: offset({ versions: '4+', default: -1, ignorable: true }),
        usableBytes: offset({ versions: '4+', default: -1, ignorable: true }),
        isCordoned: bool({ versions: '5+', ignorable: true }),
      },
    ),
  },
});
