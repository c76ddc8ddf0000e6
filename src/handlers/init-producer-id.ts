/**
 * InitProducerId (22), versions 0 to 5: a producer id and epoch. Without a transactional id always a new one with epoch 0.
 *
 * - v3 carries the producer's own id and epoch, which it goes on with (KIP-360); v4 may answer PRODUCER_FENCED, which is
 *   INVALID_PRODUCER_EPOCH before.
 * - While an open transaction of the id is being aborted the answer is CONCURRENT_TRANSACTIONS, and clients ask again.
 * - v6 (two-phase commit, KIP-939) is not final and served only with `unstable.api.versions.enable`, as in Kafka; what is
 *   new in it is refused.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type InitProducerIdRequest,
  readInitProducerIdRequest,
} from '../../protocol/generated/init-producer-id-request.ts';
import {
  type InitProducerIdResponse,
  writeInitProducerIdResponse,
} from '../../protocol/generated/init-producer-id-response.ts';
import type { Input } from '../../protocol/input.ts';
import { initProducerId } from '../coordinator/transaction/init-producer-id.ts';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '../coordinator/transaction/metadata.ts';
import { CLUSTER_NAME } from '../security/authorizer.ts';
import { allows, may, allowsAny } from './authorize.ts';
import { transactionErrorCode } from './transaction-error.ts';
import { type BrokerServices, handler, type RequestContext } from './types.ts';

type Response = Input<InitProducerIdResponse>;

/** First version that tells a fenced producer that it is. */
const PRODUCER_FENCED_FROM = 4;

export const initProducerIdHandler = handler<InitProducerIdRequest, Response>({
  apiKey: ApiKey.InitProducerId,
  minVersion: 0,
  maxVersion: 5,
  unstableVersion: 6,
  readRequest: readInitProducerIdRequest,
  writeResponse: writeInitProducerIdResponse,
  async handle(context, request) {
    const { services, apiVersion } = context;
    const { transactionalId, producerId, producerEpoch } = request;
    if (!mayInitialize(context, transactionalId)) {
      return refuse(
        transactionalId === null
          ? ErrorCode.CLUSTER_AUTHORIZATION_FAILED
          : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      );
    }
    if ((producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH) || transactionalId === '') {
      return refuse(ErrorCode.INVALID_REQUEST);
    }
    if (request.enable2Pc) return refuse(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    if (request.keepPreparedTxn) return refuse(ErrorCode.UNSUPPORTED_VERSION);
    try {
      if (transactionalId !== null) return await initTransactional(services, { ...request, transactionalId });
      return { errorCode: ErrorCode.NONE, producerId: await services.metadata.allocateProducerId(), producerEpoch: 0 };
    } catch (error) {
      return refuse(transactionErrorCode(error, apiVersion >= PRODUCER_FENCED_FROM));
    }
  },
});

/** Who may write somewhere may be an idempotent producer. */
function mayInitialize(context: RequestContext, transactionalId: string | null): boolean {
  if (transactionalId !== null) return allows(context, 'WRITE', 'TRANSACTIONAL_ID', transactionalId);
  return may(context, 'IDEMPOTENT_WRITE', 'CLUSTER', CLUSTER_NAME) || allowsAny(context, 'WRITE', 'TOPIC');
}

async function initTransactional(
  { transactions }: BrokerServices,
  request: InitProducerIdRequest & { readonly transactionalId: string },
): Promise<Response> {
  const { transactionalId, transactionTimeoutMs: timeoutMs, producerId, producerEpoch } = request;
  const producer = producerId === NO_PRODUCER_ID ? null : { producerId, producerEpoch };
  const given = await transactions.write(transactionalId, (env) =>
    initProducerId(env, { transactionalId, timeoutMs, producer }),
  );
  return given === null ? refuse(ErrorCode.CONCURRENT_TRANSACTIONS) : { errorCode: ErrorCode.NONE, ...given };
}

function refuse(errorCode: number): Response {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH };
}
