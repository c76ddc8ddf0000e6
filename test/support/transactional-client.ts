/** A transactional producer that speaks frame by frame: for tests that care about every answer. */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeAddOffsetsToTxnRequest } from '../../protocol/generated/add-offsets-to-txn-request.ts';
import { readAddOffsetsToTxnResponse } from '../../protocol/generated/add-offsets-to-txn-response.ts';
import { writeAddPartitionsToTxnRequest } from '../../protocol/generated/add-partitions-to-txn-request.ts';
import { readAddPartitionsToTxnResponse } from '../../protocol/generated/add-partitions-to-txn-response.ts';
import { writeDescribeTransactionsRequest } from '../../protocol/generated/describe-transactions-request.ts';
import {
  readDescribeTransactionsResponse,
  type TransactionState,
} from '../../protocol/generated/describe-transactions-response.ts';
import { writeEndTxnRequest } from '../../protocol/generated/end-txn-request.ts';
import { type EndTxnResponse, readEndTxnResponse } from '../../protocol/generated/end-txn-response.ts';
import type { InitProducerIdResponse } from '../../protocol/generated/init-producer-id-response.ts';
import { writeListTransactionsRequest } from '../../protocol/generated/list-transactions-request.ts';
import { readListTransactionsResponse } from '../../protocol/generated/list-transactions-response.ts';
import type { ProduceResponse } from '../../protocol/generated/produce-response.ts';
import { buildBatch } from '../../protocol/records/build.ts';
import { InitProducerId, Produce } from './data-apis.ts';
import type { WireClient } from './wire-client.ts';
import { writeWriteTxnMarkersRequest } from '../../protocol/generated/write-txn-markers-request.ts';
import { readWriteTxnMarkersResponse } from '../../protocol/generated/write-txn-markers-response.ts';
import { FindCoordinator } from './admin-apis.ts';

export const AddPartitionsToTxn = {
  apiKey: ApiKey.AddPartitionsToTxn,
  write: writeAddPartitionsToTxnRequest,
  read: readAddPartitionsToTxnResponse,
};
export const AddOffsetsToTxn = {
  apiKey: ApiKey.AddOffsetsToTxn,
  write: writeAddOffsetsToTxnRequest,
  read: readAddOffsetsToTxnResponse,
};
export const EndTxn = { apiKey: ApiKey.EndTxn, write: writeEndTxnRequest, read: readEndTxnResponse };
export const DescribeTransactions = {
  apiKey: ApiKey.DescribeTransactions,
  write: writeDescribeTransactionsRequest,
  read: readDescribeTransactionsResponse,
};
export const ListTransactions = {
  apiKey: ApiKey.ListTransactions,
  write: writeListTransactionsRequest,
  read: readListTransactionsResponse,
};
export const WriteTxnMarkers = {
  apiKey: ApiKey.WriteTxnMarkers,
  write: writeWriteTxnMarkersRequest,
  read: readWriteTxnMarkersResponse,
};

export interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** A batch of one record inside a transaction. */
export function transactionalBatch(
  producer: Identity,
  baseSequence: number,
  value = 'x',
  isTransactional = true,
): Buffer {
  const record = { key: null, value: Buffer.from(value), timestampMs: 1_700_000_000_000 };
  return buildBatch([record], { ...producer, baseSequence, isTransactional });
}

/** The error code of each partition of a produce response, in the order of the request. */
export function producedCodes({ responses }: ProduceResponse): number[] {
  return responses.flatMap(({ partitionResponses }) => partitionResponses.map(({ errorCode }) => errorCode));
}

/** Asks again for as long as the transaction before is ending. */
export async function retried<R extends { readonly errorCode: number }>(ask: () => Promise<R>): Promise<R> {
  for (let left = 200; ; left--) {
    const answer = await ask();
    if (answer.errorCode !== ErrorCode.CONCURRENT_TRANSACTIONS || left === 0) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export class TransactionalClient {
  readonly client: WireClient;
  readonly transactionalId: string;

  constructor(client: WireClient, transactionalId = 'id') {
    this.client = client;
    this.transactionalId = transactionalId;
  }

  /** Has the coordinator of the id made. */
  async find(): Promise<void> {
    const request = { keyType: 1, coordinatorKeys: [this.transactionalId] };
    const { coordinators } = await this.client.call(FindCoordinator, 4, request);
    if (coordinators[0]?.errorCode !== 0) throw new Error(`FindCoordinator: ${coordinators[0]?.errorCode}`);
  }

  init(
    producer: Identity = { producerId: -1n, producerEpoch: -1 },
    version = 5,
    transactionTimeoutMs = 60_000,
  ): Promise<InitProducerIdResponse> {
    const { transactionalId } = this;
    return this.client.call(InitProducerId, version, { transactionalId, transactionTimeoutMs, ...producer });
  }

  /** Gives the code of each partition. */
  async add(producer: Identity, topics: Readonly<Record<string, readonly number[]>>, version = 3): Promise<number[]> {
    const named = Object.entries(topics).map(([name, partitions]) => ({ name, partitions: [...partitions] }));
    const { transactionalId } = this;
    const old = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: named,
    };
    const request = version < 4 ? old : { transactions: [{ transactionalId, ...producer, topics: named }] };
    const response = await this.client.call(AddPartitionsToTxn, version, request);
    const results =
      version < 4 ? response.resultsByTopicV3AndBelow : (response.resultsByTransaction[0]?.topicResults ?? []);
    return results.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    );
  }

  async addOffsets(producer: Identity, groupId: string, version = 4): Promise<number> {
    const request = { transactionalId: this.transactionalId, ...producer, groupId };
    return (await this.client.call(AddOffsetsToTxn, version, request)).errorCode;
  }

  /** Writes one record into each partition of topic `t`; gives the code of each. */
  async produce(
    producer: Identity,
    sequences: Readonly<Record<number, number>>,
    fields: {
      readonly version?: number;
      readonly transactionalId?: string | null;
      readonly isTransactional?: boolean;
    } = {},
  ): Promise<number[]> {
    const { version = 12, transactionalId = this.transactionalId, isTransactional = true } = fields;
    const partitionData = Object.entries(sequences).map(([index, sequence]) => ({
      index: Number(index),
      records: transactionalBatch(producer, sequence, `${producer.producerEpoch}/${sequence}`, isTransactional),
    }));
    const request = { acks: -1, timeoutMs: 30_000, transactionalId, topicData: [{ name: 't', partitionData }] };
    return producedCodes(await this.client.call(Produce, version, request));
  }

  end(producer: Identity, committed: boolean, version = 5): Promise<EndTxnResponse> {
    return this.client.call(EndTxn, version, { transactionalId: this.transactionalId, ...producer, committed });
  }

  async describe(): Promise<TransactionState> {
    const { transactionStates } = await this.client.call(DescribeTransactions, 0, {
      transactionalIds: [this.transactionalId],
    });
    return transactionStates[0] as TransactionState;
  }
}
