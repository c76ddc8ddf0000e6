/** DescribeTransactions (65), version 0: where transactional ids stand (KIP-664). Each id has its own error. */
import { ApiKey } from '../../protocol/apis.ts';
import {
  type DescribeTransactionsRequest,
  readDescribeTransactionsRequest,
} from '../../protocol/generated/describe-transactions-request.ts';
import {
  type DescribeTransactionsResponse,
  type TransactionState,
  writeDescribeTransactionsResponse,
} from '../../protocol/generated/describe-transactions-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { errorCodeOf } from '../coordinator/errors.ts';
import { describeTransaction } from '../coordinator/transaction/describe.ts';
import { may, requireTransactionalId } from './authorize.ts';
import { AnswerBound } from './answer-bound.ts';
import { Slices } from './slices.ts';
import { handler, type RequestContext } from './types.ts';

/** Partitions told in one turn of the event loop. */
const PARTITIONS_PER_SLICE = 10_000;
const PARTITION_BYTES = 4;

export const describeTransactionsHandler = handler<DescribeTransactionsRequest, Input<DescribeTransactionsResponse>>({
  apiKey: ApiKey.DescribeTransactions,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readDescribeTransactionsRequest,
  writeResponse: writeDescribeTransactionsResponse,
  async handle(context, { transactionalIds }) {
    const slices = new Slices(PARTITIONS_PER_SLICE);
    const bound = new AnswerBound();
    const transactionStates: Input<TransactionState>[] = [];
    for (const transactionalId of transactionalIds) {
      if (bound.isReached) {
        transactionStates.push({ transactionalId, errorCode: ErrorCode.INVALID_REQUEST });
        continue;
      }
      const state = await describe(context, transactionalId);
      transactionStates.push(state);
      const partitionCount = (state.topics ?? []).reduce((sum, { partitions = [] }) => sum + partitions.length, 0);
      bound.add(PARTITION_BYTES * partitionCount);
      const pause = slices.spend(1 + partitionCount);
      if (pause !== null) await pause;
    }
    return { transactionStates };
  },
});

async function describe(context: RequestContext, transactionalId: string): Promise<Input<TransactionState>> {
  const { transactions } = context.services;
  try {
    requireTransactionalId(context, 'DESCRIBE', transactionalId);
    const runner = transactions.runnerFor(transactionalId);
    const state = await runner.read(({ env }) => describeTransaction(env, transactionalId));
    const topics = state.topics?.filter(({ topic = '' }) => may(context, 'DESCRIBE', 'TOPIC', topic));
    return { ...state, topics };
  } catch (error) {
    return { transactionalId, errorCode: errorCodeOf(error) };
  }
}
