/** Random ACLs, of overlapping names, patterns, hosts and principals: what they come to is told by authorized operations. */
import type { Random } from '../../../../src/base/random.ts';
import type { Answer, Body } from '../api-client.ts';
import { CLUSTER, Operation, ResourceType } from './rights.ts';
import type { SecuredBroker } from './secured-broker.ts';

const ROUND_USERS = ['ann', 'bob', 'cid'] as const;
/** Each begins with the one before, so that prefixes overlap. */
const SUFFIXES = ['', 'a', 'ab', 'abc', 'b', '*'] as const;
const LITERAL = 3;
const PREFIXED = 4;
const DENY = 2;
const ALLOW = 3;

export const RANDOM_USERS: readonly string[] = ROUND_USERS;

function one<T>(random: Random, values: readonly T[]): T {
  return values[random.int(values.length)] as T;
}

function anAcl(random: Random, prefix: string): Body {
  const type = one(random, ['TOPIC', 'TOPIC', 'GROUP', 'GROUP', 'TRANSACTIONAL_ID', 'CLUSTER'] as const);
  const name = type === 'CLUSTER' ? CLUSTER : `${prefix}${one(random, SUFFIXES)}`;
  return {
    resourceType: ResourceType[type],
    resourceName: type !== 'CLUSTER' && random.int(12) === 0 ? '*' : name,
    resourcePatternType: type === 'CLUSTER' ? LITERAL : one(random, [LITERAL, PREFIXED]),
    principal: one(random, ['User:ann', 'User:ann', 'User:bob', 'User:*', 'Group:ann', 'user:ann']),
    host: one(random, ['*', '*', '127.0.0.1', '10.1.2.3', '127.0.0.0/8']),
    operation: one(random, Object.values(Operation)),
    permissionType: random.int(3) === 0 ? DENY : ALLOW,
  };
}

/** ACLs of a round, whose names begin with `prefix`. */
export function randomAcls(random: Random, prefix: string): Body[] {
  return Array.from({ length: 1 + random.int(12) }, () => anAcl(random, prefix));
}

/** What each user may do with each name, as the broker tells it. */
export async function rightsOf(broker: SecuredBroker, prefix: string): Promise<Answer[]> {
  const names = [...SUFFIXES.slice(0, -1), 'other'].map((suffix) => `${prefix}${suffix}`);
  const answers: Answer[] = [];
  for (const user of ROUND_USERS) {
    const topics = names.map((name) => ({ name }));
    const asked = { topics, allowAutoTopicCreation: false, includeTopicAuthorizedOperations: true };
    answers.push(await broker.ask(user, 'Metadata', 12, asked));
    answers.push(await broker.ask(user, 'DescribeGroups', 5, { groups: names, includeAuthorizedOperations: true }));
    answers.push(
      await broker.ask(user, 'DescribeCluster', 1, { includeClusterAuthorizedOperations: true, endpointType: 1 }),
    );
    answers.push(await broker.ask(user, 'FindCoordinator', 4, { keyType: 1, coordinatorKeys: names }));
    // Of a right to any topic at all.
    const { errorCode }: any = await broker.ask(user, 'InitProducerId', 4, {
      transactionalId: null,
      transactionTimeoutMs: 1,
    });
    answers.push({ errorCode });
  }
  return answers;
}
