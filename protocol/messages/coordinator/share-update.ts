/** Coordinator records of type 1: ShareUpdate. */
import { int16, int32, int8, message, offset, string, structs, uuid } from '../../schema.ts';

export const ShareUpdateKey = message({
  kind: 'coordinator-key',
  name: 'ShareUpdateKey',
  apiKey: 1,
  versions: '0',
  flexible: 'none',
  about: 'ShareUpdateKey',
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
  about: 'ShareUpdateValue',
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: offset(),
    deliveryCompleteCount: int32({ tag: 0, default: -1 }),
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
