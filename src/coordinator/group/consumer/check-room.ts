/** Whether a group has room for one more member. */
import { ErrorCode, KafkaError } from '../../../../protocol/errors.ts';
import type { GroupEnvironment } from '../environment.ts';
import type { ConsumerGroup } from './group.ts';
import { maxSize } from './settings.ts';

/** @throws KafkaError GROUP_MAX_SIZE_REACHED */
export function checkRoom(
  env: GroupEnvironment,
  group: ConsumerGroup,
  memberId: string,
  instanceId: string | null,
): void {
  const isKnown = group.member(memberId) !== undefined || group.staticMember(instanceId) !== undefined;
  if (isKnown) return;
  const limit = maxSize(env);
  if (group.size < limit) return;
  throw new KafkaError(
    ErrorCode.GROUP_MAX_SIZE_REACHED,
    `The consumer group has reached its maximum capacity of ${limit} members.`,
  );
}
