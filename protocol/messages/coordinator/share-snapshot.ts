/** Coordinator records of type 0: ShareSnapshot. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../../schema.ts';

export const ShareSnapshotKey = message({
  kind: 'coordinator-key',
  name: 'ShareSnapshotKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'Key of the whole state of a share partition.',
  fields: {
    groupId: string(),
    topicId: uuid(),
    partition: int32(),
  },
});

export const ShareSnapshotValue = message({
  kind: 'coordinator-value',
  name: 'ShareSnapshotValue',
  apiKey: 0,
  versions: '0',
  flexible: '0+',
  about: 'Value of the whole state of a share partition.',
  fields: {
    snapshotEpoch: int32({ about: 'Number of the snapshot that this belongs to.' }),
    stateEpoch: int32({ about: "Epoch of the share partition's state." }),
    leaderEpoch: int32({ about: 'Leader epoch, -1 where unknown.' }),
    startOffset: offset({ about: 'First offset, inclusive.' }),
    deliveryCompleteCount: int32({
      about: 'Records delivered for good at or after the start offset, -1 where unknown.',
      tag: 0,
      default: -1,
    }),
    createTimestamp: offset(),
    writeTimestamp: offset(),
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
