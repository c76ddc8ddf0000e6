/** How groups of all types are described: one after another, in slices, and within a bound. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AnswerBound } from './answer-bound.ts';
import { Slices } from './slices.ts';

/** Members described in one turn of the event loop. */
const MEMBERS_PER_SLICE = 2000;
/** What a partition of an assignment takes. */
const PARTITION_BYTES = 4;

/** What stands in the answer for a group that finds no room there. */
interface Refused {
  readonly groupId: string;
  readonly errorCode: number;
}

/**
 * Describes groups in the order of the request. Unlike Kafka's, an answer has a bound: groups beyond it get
 * INVALID_REQUEST.
 *
 * @param describe describes one group; does not reject
 * @param byteLengthOf about what a member takes in the answer
 */
export async function describeAll<M, G extends { readonly members?: readonly M[] | undefined }>(
  groupIds: readonly string[],
  describe: (groupId: string) => Promise<G>,
  byteLengthOf: (member: M) => number,
): Promise<(G | Refused)[]> {
  const slices = new Slices(MEMBERS_PER_SLICE);
  const bound = new AnswerBound();
  const groups: (G | Refused)[] = [];
  for (const groupId of groupIds) {
    if (bound.isReached) {
      groups.push({ groupId, errorCode: ErrorCode.INVALID_REQUEST });
      continue;
    }
    const group = await describe(groupId);
    groups.push(group);
    const members = group.members ?? [];
    for (const member of members) bound.add(byteLengthOf(member));
    const pause = slices.spend(1 + members.length);
    if (pause !== null) await pause;
  }
  return groups;
}

interface Assignment {
  readonly topicPartitions?:
    | readonly { readonly topicName?: string | undefined; readonly partitions?: readonly number[] | undefined }[]
    | undefined;
}

/** About what the assignment of a member takes in the answer. */
export function assignmentBytes(assignment: Assignment | undefined): number {
  let bytes = 0;
  for (const { topicName, partitions } of assignment?.topicPartitions ?? []) {
    bytes += (topicName?.length ?? 0) + PARTITION_BYTES * (partitions?.length ?? 0);
  }
  return bytes;
}
