/** Coordinator records of type 1: ShareUpdate. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../../schema.ts';

export const ShareUpdateKey = message({
  kind: 'coordinator-key',
  name: 'ShareUpdateKey',
  apiKey: 1,
  versions: '0',
  flexible: 'none',
  about: 'Key of a change to the state of a share partition.',
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

export const ShareUpdateValue = message({
  kind: 'coordinator-value',
  name: 'ShareUpdateValue',
  apiKey: 1,
  versions: '0',
  flexible: '0+',
  about: 'Value of a change to the state of a share partition.',
  fields: {
    snapshotEpoch: int32({ about: 'Number of the snapshot that this belongs to.' }),
    leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
    startOffset: offset({ about: 'First offset, inclusive.' }),
    deliveryCompleteCount: int32({
      about: 'Records delivered for good at or after the start offset, -1 where unknown.',
      tag: 0,
      default: -1,
    }),
    stateBatches: structs(
      'StateBatch',
      {},
      {
        firstOffset: offset(),
        lastOffset: offset(),
        deliveryState: int8({ about: '0 available, 2 acknowledged, 4 archived.' }),
        deliveryCount: int16({ about: 'How often the records have been delivered.' }),
      },
    ),
  },
});
