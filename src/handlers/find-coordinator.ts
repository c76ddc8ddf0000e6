/**
 * FindCoordinator (10), versions 0 to 6: which broker coordinates a group. It is always this one; asking for the first
 * group creates __consumer_offsets.
 *
 * - v0 asks for groups only; v1 adds the key type; v4 asks for many keys at once (KIP-699).
 * - Up to v3 a success carries the message NONE, as Kafka's does.
 * - Kafka answers COORDINATOR_NOT_AVAILABLE until its topic has been created in the background; here the answer waits
 *   for the creation.
 * - Transactions are not served: their coordinators are refused with TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which
 *   clients report at once instead of asking for ever. Share groups and unknown key types are an INVALID_REQUEST.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { readFindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.ts';
import type { FindCoordinatorRequest } from '../../protocol/generated/find-coordinator-request.ts';
import { writeFindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.ts';
import type { Coordinator, FindCoordinatorResponse } from '../../protocol/generated/find-coordinator-response.ts';
import type { Input } from '../../protocol/input.ts';
import { handler } from './types.ts';
import type { RequestContext } from './types.ts';

/** Kafka's coordinator types. */
const KeyType = { GROUP: 0, TRANSACTION: 1 } as const;
/** First version with several keys. */
const BATCHED_FROM = 4;

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
  try {
    checkKeyType(keyType);
    await context.services.groups.ensureReady(key);
    const { nodeId, host, port } = context.services.endpointFor(context.connection);
    return { key, nodeId, host, port, errorCode: ErrorCode.NONE };
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    return { key, nodeId: -1, host: '', port: -1, errorCode: error.code, errorMessage: error.message };
  }
}

/** @throws KafkaError for what has no coordinator here */
function checkKeyType(keyType: number): void {
  if (keyType === KeyType.GROUP) return;
  if (keyType === KeyType.TRANSACTION) {
    const message = 'This broker does not serve transactions yet.';
    throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message);
  }
  throw new KafkaError(ErrorCode.INVALID_REQUEST, `There is no coordinator of type ${keyType} here.`);
}
