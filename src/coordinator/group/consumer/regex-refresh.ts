/**
 * Keeps up which topics the regular expressions of a group's members stand for. They are looked up aside, some topics a
 * turn, when an expression is new, when topics have come, and now and then; members learn of it with their next heartbeat.
 */
import { KafkaError } from '../../../../protocol/errors.ts';
import type { Topic } from '../../../metadata/types.ts';
import { compileRegex, type RegularExpression } from '../../../config/regular-expression.ts';
import { DONE } from '../environment.ts';
import type { GroupCaller } from '../caller.ts';
import type { GroupEnvironment, GroupResult } from '../environment.ts';
import { sameNames } from '../modern/member.ts';
import { drafted } from './draft.ts';
import type { Draft } from './draft.ts';
import { consumerGroup } from './find.ts';
import type { ConsumerGroup } from './group.ts';
import type { ConsumerMember } from './member.ts';
import { epochRecord, regexRecord, type ResolvedRegex } from './records.ts';
import { regexRefreshIntervalMs } from './settings.ts';

/** What messages call an expression. */
const FIELD = 'SubscribedTopicRegex';

/** What became of a member's expression; `resolved`: its topics are known already. */
export type RegexChange = 'unchanged' | 'changed' | 'resolved';

/** Least time between two looks. */
const MIN_INTERVAL_MS = 10_000;
/** Topics times instructions that are looked at in a turn: some milliseconds. */
const COST_PER_TURN = 20_000;
/** What an instruction costs to compile, in matches of it. */
const COMPILE_COST = 3;

const seesAll = (): boolean => true;
const NO_TOPICS: ReadonlySet<string> = new Set();

/** Follows a member from one expression to another, and has topics looked up if that is due. @throws KafkaError INVALID_REGULAR_EXPRESSION */
export function followRegex(
  env: GroupEnvironment,
  draft: Draft,
  former: ConsumerMember,
  member: ConsumerMember,
  { sees = seesAll }: Pick<GroupCaller, 'sees'>,
): RegexChange {
  const { group } = draft;
  const known = lastLook(group);
  const change = noteChange(draft, former.subscribedTopicRegex, member.subscribedTopicRegex);
  const isNew = change === 'changed' && group.regexMembers(member.subscribedTopicRegex) === 1;
  if (isNew) compileRegex(member.subscribedTopicRegex, FIELD);
  if (group.hasRegexes) refreshIfDue(env, group, { isNew, known }, sees);
  return change;
}

function noteChange(draft: Draft, former: string, regex: string): RegexChange {
  const { group } = draft;
  if (regex === former) return 'unchanged';
  if (former !== '' && group.regexMembers(former) === 0) draft.add(regexRecord(group.groupId, former, null));
  return regex === '' || group.resolvedRegexes.has(regex) ? 'resolved' : 'changed';
}

function timerKey(groupId: string): string {
  return `consumer regex ${groupId}`;
}

/** What is known of expressions, and since when. */
interface LastLook {
  readonly count: number;
  readonly last: ResolvedRegex | undefined;
}

/** All are looked up together. */
function lastLook({ resolvedRegexes }: ConsumerGroup): LastLook {
  return { count: resolvedRegexes.size, last: resolvedRegexes.values().next().value };
}

/** @param known from before the request, with an expression that it gives up: as in Kafka, that one counts once more */
function refreshIfDue(
  env: GroupEnvironment,
  group: ConsumerGroup,
  { isNew, known }: { readonly isNew: boolean; readonly known: LastLook },
  sees: (topic: string) => boolean,
): void {
  const { groupId, regexes } = group;
  const { count, last } = known;
  if (env.timers.has(timerKey(groupId))) return;
  const sinceMs = last === undefined ? Number.POSITIVE_INFINITY : env.clock.now() - last.timestampMs;
  if (sinceMs <= MIN_INTERVAL_MS) return;
  const isDue =
    isNew ||
    regexes.length !== count ||
    (last?.version ?? 0) < env.topics.createdVersion ||
    sinceMs > regexRefreshIntervalMs(env);
  if (isDue) new Lookup(env, groupId, regexes, sees).start();
}

/** One look at all topics, with the rights of the member whose request set it off, as in Kafka. */
class Lookup {
  readonly #env: GroupEnvironment;
  readonly #groupId: string;
  readonly #startedMs: number;
  readonly #version: number;
  readonly #found = new Map<string, Set<string>>();
  readonly #steps: Iterator<number>;
  readonly #sees: (topic: string) => boolean;

  constructor(env: GroupEnvironment, groupId: string, regexes: readonly string[], sees: (topic: string) => boolean) {
    this.#env = env;
    this.#sees = sees;
    this.#groupId = groupId;
    this.#startedMs = env.clock.now();
    this.#version = env.topics.version;
    this.#steps = this.#look(regexes, env.topics.topics());
  }

  start(): void {
    this.#env.timers.set(timerKey(this.#groupId), 0, () => this.#turn());
  }

  #turn(): GroupResult {
    for (let cost = 0; cost < COST_PER_TURN; ) {
      const step = this.#steps.next();
      if (step.done === true) return this.#store();
      cost += step.value;
    }
    this.start();
    return DONE;
  }

  /** Gives the cost of each step. */
  *#look(regexes: readonly string[], topics: readonly Topic[]): Generator<number> {
    for (const regex of regexes) {
      const found = new Set<string>();
      this.#found.set(regex, found);
      const compiled = compiledOrNull(regex);
      yield COMPILE_COST * (compiled?.size ?? regex.length);
      if (compiled === null) continue;
      for (const { name } of topics) {
        if (compiled.matches(name) && this.#sees(name)) found.add(name);
        yield compiled.size;
      }
    }
  }

  #store(): GroupResult {
    const { topics } = this.#env;
    const group = consumerGroup(this.#env, this.#groupId);
    if (group === undefined) return DONE;
    const metadata = { version: this.#version, timestampMs: this.#startedMs };
    return drafted(group, (draft) => {
      let haveChanged = false;
      for (const [regex, found] of this.#found) {
        if (group.regexMembers(regex) === 0) continue;
        haveChanged ||= !sameNames(group.resolvedRegexes.get(regex)?.topics ?? NO_TOPICS, found);
        draft.add(regexRecord(group.groupId, regex, { topics: found, ...metadata }));
      }
      const hash = topics.hashOf(group.subscribedTopics());
      if (!haveChanged && hash === group.metadataHash) return;
      draft.add(epochRecord(group.groupId, group.groupEpoch + 1, hash));
      group.noteTopicsChecked(topics, group.groupEpoch);
    });
  }
}

/** One that was stored by somebody who understands more stands for no topic. */
function compiledOrNull(regex: string): RegularExpression | null {
  try {
    return compileRegex(regex, FIELD);
  } catch (error) {
    if (error instanceof KafkaError) return null;
    throw error;
  }
}
