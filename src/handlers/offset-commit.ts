/**
 * OffsetCommit (8), versions 0 to 10: stores how far a group has read.
 *
 * - v0 was for ZooKeeper: UNSUPPORTED_VERSION, as in a Kafka without it. v1 may carry the time of each commit.
 * - v2 to v4 may carry a retention time of their own; v6 adds the leader epoch, v7 static members.
 * - v9 tells a missing group (GROUP_ID_NOT_FOUND) from an old generation (ILLEGAL_GENERATION before), and is the first
 *   that members of groups of newer protocols may use.
 * - v10 names topics by id; an unknown one is UNKNOWN_TOPIC_ID.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { readOffsetCommitRequest } from '../../protocol/generated/offset-commit-request.ts';
import type { OffsetCommitRequest } from '../../protocol/generated/offset-commit-request.ts';
import { writeOffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import type { OffsetCommitResponse } from '../../protocol/generated/offset-commit-response.ts';
import type { Input } from '../../protocol/input.ts';
import { commitOffsets } from '../coordinator/group/offsets/commit.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { allows } from './authorize.ts';
import { commitTopics, refuseAll } from './commit-topics.ts';
import { groupCaller } from './group-caller.ts';
import { handler } from './types.ts';

/** The version that committed to ZooKeeper. */
const ZOOKEEPER_VERSION = 0;
/** First version with topic ids. */
const TOPIC_IDS_FROM = 10;

export const offsetCommitHandler = handler<OffsetCommitRequest, Input<OffsetCommitResponse>>({
  apiKey: ApiKey.OffsetCommit,
  minVersion: 0,
  maxVersion: 10,
  readRequest: readOffsetCommitRequest,
  writeResponse: writeOffsetCommitResponse,
  async handle(context, request) {
    const { groups } = context.services;
    if (!allows(context, 'READ', 'GROUP', request.groupId)) {
      return { topics: refuseAll(request.topics, ErrorCode.GROUP_AUTHORIZATION_FAILED) };
    }
    if (context.apiVersion === ZOOKEEPER_VERSION) {
      return { topics: refuseAll(request.topics, ErrorCode.UNSUPPORTED_VERSION) };
    }
    const isById = context.apiVersion >= TOPIC_IDS_FROM;
    const topics = await commitTopics(context, request.topics, isById, (valid) =>
      groups.write(request.groupId, (env) => commitOffsets(env, groupCaller(context), { ...request, topics: valid })),
    );
    return { topics };
  },
});
