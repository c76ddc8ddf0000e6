/** Consumer groups (KIP-848): the broker assigns, members reconcile step by step. All state changes by replaying records. */
import type { Undo } from '../../types.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { Group } from '../group.ts';
import type { GroupProtocol, GroupRecordType } from '../protocol.ts';
import { isConsumerGroup } from './find.ts';
import {
  assignmentRecordType,
  epochRecordType,
  memberRecordType,
  partitionMetadataRecordType,
  regexRecordType,
  targetEpochRecordType,
  targetRecordType,
} from './record-types.ts';
import type { ConsumerRecord } from './records.ts';
import { replayRecord } from './replay.ts';
import { restoreClocks } from './timers.ts';

export const consumerProtocol: GroupProtocol<ConsumerRecord> = {
  type: 'consumer',
  recordTypes: [
    epochRecordType,
    partitionMetadataRecordType,
    memberRecordType,
    targetEpochRecordType,
    targetRecordType,
    assignmentRecordType,
    regexRecordType,
  ] as readonly GroupRecordType<ConsumerRecord>[],
  replay: (env, record): Undo => replayRecord(env, record),
  onLoaded,
};

function onLoaded(env: GroupEnvironment, group: Group): void {
  if (!isConsumerGroup(group)) return;
  for (const member of group.members.values()) restoreClocks(env, group, member);
}
