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
import { errorCodeOf } from '../coordinator/errors.ts';
import { describeTransaction } from '../coordinator/transaction/describe.ts';
import { type BrokerServices, handler } from './types.ts';

export const describeTransactionsHandler = handler<DescribeTransactionsRequest, Input<DescribeTransactionsResponse>>({
  apiKey: ApiKey.DescribeTransactions,
  minVersion: 0,
  maxVersion: 0,
  readRequest: readDescribeTransactionsRequest,
  writeResponse: writeDescribeTransactionsResponse,
  async handle({ services }, { transactionalIds }) {
    return { transactionStates: await Promise.all(transactionalIds.map((id) => describe(services, id))) };
  },
});

async function describe({ transactions }: BrokerServices, transactionalId: string): Promise<Input<TransactionState>> {
  try {
    const runner = transactions.runnerFor(transactionalId);
    return await runner.read(({ env }) => describeTransaction(env, transactionalId));
  } catch (error) {
    return { transactionalId, errorCode: errorCodeOf(error) };
  }
}
