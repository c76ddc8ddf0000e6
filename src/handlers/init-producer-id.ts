/**
 * InitProducerId (22), versions 0 to 5: a producer id for an idempotent producer, always a new one with epoch 0.
 *
 * Deviations from Apache Kafka: transactions are not served yet; a transactional id gets
 * TRANSACTIONAL_ID_AUTHORIZATION_FAILED, so that clients fail at once instead of looking for a coordinator for ever.
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
import { handler } from './types.ts';

const NO_PRODUCER_ID = -1n;
const NO_PRODUCER_EPOCH = -1;

type Response = Input<InitProducerIdResponse>;

export const initProducerIdHandler = handler<InitProducerIdRequest, Response>({
  apiKey: ApiKey.InitProducerId,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readInitProducerIdRequest,
  writeResponse: writeInitProducerIdResponse,
  handle({ services }, { transactionalId, producerId, producerEpoch }) {
    if ((producerId === NO_PRODUCER_ID) !== (producerEpoch === NO_PRODUCER_EPOCH) || transactionalId === '') {
      return refuse(ErrorCode.INVALID_REQUEST);
    }
    if (transactionalId !== null) return refuse(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    return services.metadata
      .allocateProducerId()
      .then((allocated) => ({ errorCode: ErrorCode.NONE, producerId: allocated, producerEpoch: 0 }));
  },
});

function refuse(errorCode: number): Response {
  return { errorCode, producerId: NO_PRODUCER_ID, producerEpoch: NO_PRODUCER_EPOCH };
}
