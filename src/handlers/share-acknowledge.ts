/**
 * ShareAcknowledge (79), versions 1 and 2 (KIP-932): says of acquired records whether they are done with. What is wrong
 * with a partition's acknowledgements is that partition's error, and none of them counts then; the request uses up a
 * session epoch all the same. Epoch -1 closes the session and gives back what is left. v2 renews locks.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  readShareAcknowledgeRequest,
  type ShareAcknowledgeRequest,
} from '../../protocol/generated/share-acknowledge-request.ts';
import {
  type ShareAcknowledgeResponse,
  writeShareAcknowledgeResponse,
} from '../../protocol/generated/share-acknowledge-response.ts';
import type { Input } from '../../protocol/input.ts';
import { FINAL_EPOCH, INITIAL_EPOCH } from '../share/sessions.ts';
import { allows } from './authorize.ts';
import { codeFields, errorFields } from './api-error.ts';
import { acknowledge } from './share-fetch/acknowledge.ts';
import { byTopic, commonAnswer, leaderOf } from './share-fetch/answer.ts';
import { endSession, memberOf } from './share-fetch/session.ts';
import { type BrokerServices, handler } from './types.ts';

export const shareAcknowledgeHandler = handler<ShareAcknowledgeRequest, Input<ShareAcknowledgeResponse>>({
  apiKey: ApiKey.ShareAcknowledge,
  minVersion: 1,
  maxVersion: 2,
  readRequest: readShareAcknowledgeRequest,
  writeResponse: writeShareAcknowledgeResponse,
  async handle(context, request) {
    const { services } = context;
    const { shareSessionEpoch: epoch } = request;
    if (!allows(context, 'READ', 'GROUP', request.groupId ?? '')) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    try {
      const { groupId, memberId } = memberOf(services, request);
      checkSession(services, groupId, memberId, epoch);
      const acknowledged = await acknowledge(context, request);
      if (epoch === FINAL_EPOCH) endSession(context, { groupId, memberId });
      const partitions = acknowledged.map((said) => ({
        ...said,
        errorMessage: said.errorMessage ?? codeFields(said.errorCode).errorMessage,
        partitionIndex: said.partition,
        ...leaderOf(context, said, said.errorCode),
      }));
      return { ...commonAnswer(context, groupId, partitions), responses: byTopic(partitions) };
    } catch (error) {
      const { errorCode, errorMessage } = errorFields(error, services);
      return { errorCode, errorMessage: errorMessage ?? codeFields(errorCode).errorMessage };
    }
  },
});

/** @throws KafkaError SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH */
function checkSession({ shareSessions }: BrokerServices, groupId: string, memberId: string, epoch: number): void {
  if (epoch === INITIAL_EPOCH) throw new KafkaError(ErrorCode.INVALID_SHARE_SESSION_EPOCH);
  if (epoch === FINAL_EPOCH) shareSessions.existing(groupId, memberId);
  else shareSessions.advance(groupId, memberId, epoch);
}
