/**
 * ListTransactions (66), versions 0 to 2: the transactional ids that pass the filters (KIP-664). v1 adds a filter for how
 * long ago the transaction began (KIP-994), v2 one for the whole id, a regular expression as RE2 has them (KIP-1152).
 * States are told apart by case; names that are none come back.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import {
  type ListTransactionsRequest,
  readListTransactionsRequest,
} from '../../protocol/generated/list-transactions-request.ts';
import {
  type ListTransactionsResponse,
  writeListTransactionsResponse,
} from '../../protocol/generated/list-transactions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { errorCodeOf } from '../coordinator/errors.ts';
import { compileRegex } from '../coordinator/regular-expression.ts';
import { listTransactions, type TransactionFilter, unknownStates } from '../coordinator/transaction/list.ts';
import { type BrokerServices, handler } from './types.ts';

type Response = Input<ListTransactionsResponse>;

export const listTransactionsHandler = handler<ListTransactionsRequest, Response>({
  apiKey: ApiKey.ListTransactions,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readListTransactionsRequest,
  writeResponse: writeListTransactionsResponse,
  async handle({ services }, request) {
    try {
      const filter = {
        states: new Set(request.stateFilters),
        producerIds: new Set(request.producerIdFilters),
        durationMs: request.durationFilter,
        matchesId: idMatcher(request.transactionalIdPattern),
      };
      const transactionStates = await list(services, filter);
      return { errorCode: ErrorCode.NONE, unknownStateFilters: unknownStates(filter.states), transactionStates };
    } catch (error) {
      return { errorCode: errorCodeOf(error) };
    }
  },
});

async function list(
  { transactions }: BrokerServices,
  filter: TransactionFilter,
): Promise<Response['transactionStates']> {
  const lists = transactions.runners().map(async (runner) => {
    try {
      return await runner.read(({ env }) => listTransactions(env, filter));
    } catch (error) {
      // A partition that is not coordinated here has no transactions here.
      if (errorCodeOf(error) === ErrorCode.NOT_COORDINATOR) return [];
      throw error;
    }
  });
  return (await Promise.all(lists)).flat();
}

/** An empty pattern is none. @throws KafkaError INVALID_REGULAR_EXPRESSION */
function idMatcher(pattern: string | null): (transactionalId: string) => boolean {
  return pattern === null || pattern === '' ? () => true : compileRegex(pattern, 'TransactionalIdPattern').matches;
}
