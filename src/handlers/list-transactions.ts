/**
 * ListTransactions (66), versions 0 to 2: the transactional ids that pass the filters (KIP-664). v1 adds a filter for how
 * long ago the transaction began (KIP-994), v2 one for the whole id, a regular expression as RE2 has them (KIP-1152).
 * States are told apart by case; names that are none come back.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type ListTransactionsRequest,
  readListTransactionsRequest,
} from '../../protocol/generated/list-transactions-request.ts';
import {
  type ListTransactionsResponse,
  type TransactionState,
  writeListTransactionsResponse,
} from '../../protocol/generated/list-transactions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { errorCodeOf } from '../coordinator/errors.ts';
import { compileRegex, type RegularExpression } from '../config/regular-expression.ts';
import { listTransactions, type TransactionFilter, unknownStates } from '../coordinator/transaction/list.ts';
import { may } from './authorize.ts';
import { Slices } from './slices.ts';
import { type BrokerServices, handler } from './types.ts';

type Response = Input<ListTransactionsResponse>;

type States = NonNullable<Response['transactionStates']>;

/** What messages call the expression. */
const FIELD = 'TransactionalIdPattern';
/** Letters times instructions that are looked at in one turn of the event loop: some milliseconds. */
const COST_PER_SLICE = 200_000;
/** The same for one id, at most. */
const MAX_COST = 5_000_000;

export const listTransactionsHandler = handler<ListTransactionsRequest, Response>({
  apiKey: ApiKey.ListTransactions,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readListTransactionsRequest,
  writeResponse: writeListTransactionsResponse,
  async handle(context, request) {
    try {
      const filter = {
        states: new Set(request.stateFilters),
        producerIds: new Set(request.producerIdFilters),
        durationMs: request.durationFilter,
      };
      const regex = idRegex(request.transactionalIdPattern);
      const all = await list(context.services, filter);
      const listed = all.filter(({ transactionalId = '' }) =>
        may(context, 'DESCRIBE', 'TRANSACTIONAL_ID', transactionalId),
      );
      const transactionStates = regex === null ? listed : await matching(listed, regex);
      return { errorCode: ErrorCode.NONE, unknownStateFilters: unknownStates(filter.states), transactionStates };
    } catch (error) {
      return { errorCode: errorCodeOf(error) };
    }
  },
});

async function list({ transactions }: BrokerServices, filter: TransactionFilter): Promise<States> {
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
function idRegex(pattern: string | null): RegularExpression | null {
  return pattern === null || pattern === '' ? null : compileRegex(pattern, FIELD);
}

/**
 * Those whose id matches; other requests get their turn in between.
 * @throws KafkaError INVALID_REGULAR_EXPRESSION (as a rejection) for a large one where an id is very long
 */
async function matching(states: States, regex: RegularExpression): Promise<States> {
  const slices = new Slices(COST_PER_SLICE);
  const found: Input<TransactionState>[] = [];
  for (const state of states) {
    const { transactionalId = '' } = state;
    const cost = regex.size * (1 + transactionalId.length);
    if (cost > MAX_COST) throw new KafkaError(ErrorCode.INVALID_REGULAR_EXPRESSION, `${FIELD} is too large.`);
    if (regex.matches(transactionalId)) found.push(state);
    const pause = slices.spend(cost);
    if (pause !== null) await pause;
  }
  return found;
}
