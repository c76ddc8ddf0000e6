/**
 * FindCoordinator (10), versions 0 to 6: which broker coordinates a group, a transactional id or a partition of a share
 * group. It is always this one; the first key of a type creates that type's internal topic.
 *
 * - v0 asks for groups only; v1 adds the key type; v4 asks for many keys at once (KIP-699); v6 adds share groups, whose
 *   keys are `group:topic id:partition`.
 * - Up to v3 there is always a message, NONE with a success; from v4 on only an unknown key type has one, as in Kafka.
 * - Unlike Kafka, which answers COORDINATOR_NOT_AVAILABLE until its topic has been created in the background, the answer
 *   waits for the creation.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readFindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.ts';
import type { FindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.ts';
import { writeFindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.ts';
import type { Coordinator, FindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.ts';
import type { Input } from '../../protocol/input.ts';
import { requireCluster, requireGroup, requireTransactionalId } from './authorize.ts';
import { type BrokerServices, handler, type RequestContext } from './types.ts';

/** Kafka's coordinator types. */
const KeyType = { GROUP: 0, TRANSACTION: 1, SHARE: 2 } as const;

type EnsureReady = (services: BrokerServices, key: string) => Promise<void>;

/** Gets a key's coordinator ready, by key type. */
const COORDINATORS: ReadonlyMap<number, EnsureReady> = new Map<number, EnsureReady>([
  [KeyType.GROUP, (services, key) => services.groups.ensureReady(key)],
  [KeyType.TRANSACTION, (services, key) => services.transactions.ensureReady(key)],
  [KeyType.SHARE, (services, key) => services.shareStates.ensureReady(key)],
]);

/** First version with several keys. */
const BATCHED_FROM = 4;
/** First version that asks for share groups. */
const SHARE_FROM = 6;

const TOPIC_ID = /^[\w-]{22}$/;
const MAX_INT32 = 0x7fffffff;

type Response = Input<FindCoordinatorResponse>;

export const findCoordinatorHandler = handler<FindCoordinatorRequest, Response>({
  apiKey: ApiKey.FindCoordinator,
  minVersion: 0,
  maxVersion: 6,
  readRequest: readFindCoordinatorRequest,
  writeResponse: writeFindCoordinatorResponse,
  async handle(context, request) {
    const { keyType } = request;
    if (context.apiVersion < BATCHED_FROM) {
      const { key: _key, ...found } = await find(context, keyType, request.key);
      return found.errorCode === ErrorCode.NONE ? { ...found, errorMessage: 'NONE' } : found;
    }
    const coordinators = await Promise.all(request.coordinatorKeys.map((key) => find(context, keyType, key)));
    return { coordinators };
  },
});

async function find(context: RequestContext, keyType: number, key: string): Promise<Input<Coordinator>> {
  const { services, apiVersion } = context;
  try {
    const ensureReady = COORDINATORS.get(keyType);
    if (ensureReady === undefined) throw new KafkaError(ErrorCode.INVALID_REQUEST);
    if (keyType === KeyType.SHARE && (apiVersion < SHARE_FROM || !isShareKey(key))) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, apiVersion < BATCHED_FROM ? undefined : '');
    }
    requireKey(context, keyType, key);
    await ensureReady(services, key);
    const { nodeId, host, port } = services.endpointFor(context.connection);
    return { key, nodeId, host, port, errorCode: ErrorCode.NONE };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { key, nodeId: -1, host: '', port: -1, errorCode: error.code, errorMessage: error.message };
  }
}

/** @throws KafkaError the authorization error of the key's type */
function requireKey(context: RequestContext, keyType: number, key: string): void {
  try {
    if (keyType === KeyType.GROUP) requireGroup(context, 'DESCRIBE', key);
    else if (keyType === KeyType.TRANSACTION) requireTransactionalId(context, 'DESCRIBE', key);
    else requireCluster(context, 'CLUSTER_ACTION');
  } catch (error) {
    const isTold = context.apiVersion < BATCHED_FROM || keyType === KeyType.SHARE;
    if (isTold || !(error instanceof KafkaError)) throw error;
    throw new KafkaError(error.code, '');
  }
}

/** A group, which may have colons in its name, a topic id and a partition's number. */
function isShareKey(key: string): boolean {
  const [, groupId = '', topicId = '', partition = ''] = /^(.*):([^:]*):([^:]*)$/s.exec(key) ?? [];
  const isNumber = /^[+-]?\d+$/.test(partition) && Math.abs(Number(partition)) <= MAX_INT32;
  return groupId !== '' && TOPIC_ID.test(topicId) && isNumber;
}
