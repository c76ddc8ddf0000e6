/**
 * EndTxn (26), versions 0 to 5: commits or aborts a transaction. The answer comes when the decision is stored; the markers
 * follow. v2 may answer PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before; v5 raises the producer's epoch with each
 * transaction and tells id and epoch to go on with (KIP-890).
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { type EndTxnRequest, readEndTxnRequest } from '../../protocol/generated/end-txn-request.ts';
import { type EndTxnResponse, writeEndTxnResponse } from '../../protocol/generated/end-txn-response.ts';
import type { Input } from '../../protocol/input.ts';
import { endTransaction } from '../coordinator/transaction/end-transaction.ts';
import { requireTransactionalId } from './authorize.ts';
import { transactionErrorCode } from './transaction-error.ts';
import { handler } from './types.ts';

const PRODUCER_FENCED_FROM = 2;
const EPOCH_BUMP_FROM = 5;

export const endTxnHandler = handler<EndTxnRequest, Input<EndTxnResponse>>({
  apiKey: ApiKey.EndTxn,
  minVersion: 0,
  maxVersion: 5,
  readRequest: readEndTxnRequest,
  writeResponse: writeEndTxnResponse,
  async handle(context, request) {
    const { services, apiVersion } = context;
    const clientVersion = apiVersion >= EPOCH_BUMP_FROM ? 2 : 0;
    const outcome = request.committed ? 'commit' : 'abort';
    try {
      requireTransactionalId(context, 'WRITE', request.transactionalId);
      const next = await services.transactions.write(request.transactionalId, (env) =>
        endTransaction(env, request, outcome, clientVersion),
      );
      return clientVersion === 2 ? { errorCode: ErrorCode.NONE, ...next } : { errorCode: ErrorCode.NONE };
    } catch (error) {
      return { errorCode: transactionErrorCode(error, apiVersion >= PRODUCER_FENCED_FROM) };
    }
  },
});
