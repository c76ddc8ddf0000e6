/** Coordinator records of type 0: ShareSnapshot. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../../schema.ts';

export const ShareSnapshotKey = message({
  kind: 'coordinator-key',
  name: 'ShareSnapshotKey',
  apiKey: 0,
  versions: '0',
  flexible: 'none',
  about: 'ShareSnapshotKey',
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
  about: 'ShareSnapshotValue',
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: offset(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
    createTimestamp: offset(),
    writeTimestamp: offset(),
    stateBatches: structs(
      'StateBatch',
      {},
      {
        firstOffset: offset(),
        lastOffset: offset(),
        deliveryState: int8(),
        deliveryCount: int16(),
      },
    ),
  },
});
