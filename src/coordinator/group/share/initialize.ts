/**
 * Gives partitions that a share group subscribes to a state with the share coordinator. That they are being initialized
 * is noted first, and that they are when the share coordinator has said so: a start in between tries again.
 */
import type { Logger } from '../../../base/logger.ts';
import { messageOf } from '../../../base/realms.ts';
import { initialize } from '../../share/operations.ts';
import type { ShareCoordinator } from '../../share/coordinator.ts';
import { answer, replayed } from '../../types.ts';
import type { GroupCoordinator } from '../coordinator.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { shareGroup } from './find.ts';
import type { ShareGroup } from './group.ts';
import { statesRecord } from './records.ts';
import { type StateTopic, type StateTopics, union, without } from './state-partitions.ts';

/** Start offset of a state that the first reader chooses. */
const UNCHOSEN_OFFSET = -1;

export interface StatesToInitialize {
  readonly topics: StateTopics;
  readonly stateEpoch: number;
  /** Topics of which partitions have a state already. */
  readonly known: ReadonlySet<string>;
}

/** What has to be initialized for a group, or null. */
export function statesToInitialize(env: GroupEnvironment, group: ShareGroup): StatesToInitialize | null {
  const topics = missingStates(env, group);
  if (topics.size === 0) return null;
  const { initializing, initialized } = group.states;
  return { topics, stateEpoch: group.groupEpoch, known: new Set([...initializing.keys(), ...initialized.keys()]) };
}

/** Partitions of subscribed topics without a state, but for those that are being given one. */
function missingStates(env: GroupEnvironment, group: ShareGroup): StateTopics {
  const nowMs = env.clock.now();
  const retryMs = env.config.int('group.share.initialize.retry.interval.ms');
  const { initializing, initialized } = group.states;
  const underWay = new Map([...initializing].filter(([, { sinceMs }]) => nowMs - sinceMs < retryMs));
  const wanted = new Map<string, StateTopic>();
  for (const name of group.subscribedTopics()) {
    const topic = env.topics.topic(name);
    if (topic === undefined || initialized.get(topic.id)?.partitions.size === topic.partitions.length) continue;
    const partitions = new Set(topic.partitions.map(({ index }) => index));
    wanted.set(topic.id, { name, partitions, sinceMs: nowMs });
  }
  return wanted.size === 0 ? wanted : without(wanted, union(initialized, underWay));
}

/**
 * Initializes the states, and notes that they are; where one is refused, none is noted, and a later heartbeat begins with
 * all of them again. Never rejects. New partitions of a topic that the group knows begin at 0, so that nothing written since
 * is missed.
 */
export async function initializeStates(
  groups: GroupCoordinator,
  states: ShareCoordinator,
  groupId: string,
  wanted: StatesToInitialize & { readonly logger: Logger },
): Promise<void> {
  const failures: unknown[] = [];
  for (const [topicId, topic] of wanted.topics) {
    const startOffset = wanted.known.has(topicId) ? 0 : UNCHOSEN_OFFSET;
    const begun = { stateEpoch: wanted.stateEpoch, startOffset };
    for (const partition of topic.partitions) {
      const key = { groupId, topicId, partition };
      await states.runWhenReady(key, (shard) => initialize(shard, key, begun)).catch((e: unknown) => failures.push(e));
    }
  }
  const done = failures.length === 0 ? wanted.topics : new Map();
  await groups
    .write(groupId, (env) => noteInitialized(env, groupId, done, wanted.topics))
    .catch((error: unknown) => failures.push(error));
  if (failures.length > 0) noteFailure(wanted.logger, groupId, failures[0]);
}

function noteFailure(logger: Logger, groupId: string, error: unknown): void {
  logger.warn('share-state-not-initialized', 'The state of share partitions could not be initialized yet.', {
    group: groupId,
    error: messageOf(error),
  });
}

/** What is done is initialized; what was begun is not under way any more. */
export function noteInitialized(
  env: GroupEnvironment,
  groupId: string,
  done: StateTopics,
  begun: StateTopics,
): GroupResult {
  const group = shareGroup(env, groupId);
  if (group === undefined) return answer(undefined);
  const { initializing, initialized } = group.states;
  // A topic that was deleted meanwhile is forgotten already.
  const known = new Map([...done].filter(([topicId]) => env.topics.topicById(topicId) !== undefined));
  const states = {
    ...group.states,
    initializing: without(initializing, begun),
    initialized: union(initialized, known),
  };
  return replayed([statesRecord(groupId, states)], undefined);
}
