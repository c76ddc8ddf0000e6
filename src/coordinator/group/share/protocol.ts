/** Share groups (KIP-932): the broker assigns partitions to members, who share them. All state changes by replaying records. */
import type { GroupEnvironment } from '../environment.ts';
import type { Group } from '../group.ts';
import type { GroupProtocol, GroupRecordType } from '../protocol.ts';
import { forgetTopic } from './delete-offsets.ts';
import { ShareGroup } from './group.ts';
import {
  assignmentRecordType,
  epochRecordType,
  memberRecordType,
  statesRecordType,
  targetEpochRecordType,
  targetRecordType,
} from './record-types.ts';
import type { ShareGroupRecord } from './records.ts';
import { replayRecord } from './replay.ts';
import { resetSession } from './timers.ts';

export const shareProtocol: GroupProtocol<ShareGroupRecord> = {
  type: 'share',
  recordTypes: [
    memberRecordType,
    epochRecordType,
    targetEpochRecordType,
    targetRecordType,
    assignmentRecordType,
    statesRecordType,
  ] as readonly GroupRecordType<ShareGroupRecord>[],
  replay: (env, record) => replayRecord(env, record),
  onLoaded(env: GroupEnvironment, group: Group): void {
    if (!(group instanceof ShareGroup)) return;
    for (const memberId of group.members.keys()) resetSession(env, group, memberId);
    // A crash may have come between the deletion of a topic and what the group noted of it.
    for (const topicId of notedTopics(group))
      if (env.topics.topicById(topicId) === undefined) forgetIn(env, group, topicId);
  },
  onMetadataChange(env, change): void {
    if (change.kind === 'topic-deleted') forgetInGroups(env, change.topic.id);
  },
};

/** The share coordinator deletes the states of a deleted topic by itself. */
function forgetInGroups(env: GroupEnvironment, topicId: string): void {
  for (const group of env.groups.values()) {
    if (group instanceof ShareGroup && notedTopics(group).has(topicId)) forgetIn(env, group, topicId);
  }
}

function notedTopics({ states }: ShareGroup): ReadonlySet<string> {
  return new Set([...states.initializing.keys(), ...states.initialized.keys(), ...states.deleting.keys()]);
}

function forgetIn(env: GroupEnvironment, { groupId }: ShareGroup, topicId: string): void {
  env.timers.set(`share forget ${groupId} ${topicId}`, 0, () => forgetTopic(env, groupId, topicId));
}
