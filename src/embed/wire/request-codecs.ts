/** The requests that are read: those that name ids which a broker made up, and so are written anew in a replay. */
import { ApiKey } from '../../../protocol/apis.ts';
import {
  readAddOffsetsToTxnRequest,
  writeAddOffsetsToTxnRequest,
} from '../../../protocol/generated/add-offsets-to-txn-request.ts';
import {
  readAddPartitionsToTxnRequest,
  writeAddPartitionsToTxnRequest,
} from '../../../protocol/generated/add-partitions-to-txn-request.ts';
import {
  readConsumerGroupHeartbeatRequest,
  writeConsumerGroupHeartbeatRequest,
} from '../../../protocol/generated/consumer-group-heartbeat-request.ts';
import {
  readDeleteTopicsRequest,
  writeDeleteTopicsRequest,
} from '../../../protocol/generated/delete-topics-request.ts';
import { readEndTxnRequest, writeEndTxnRequest } from '../../../protocol/generated/end-txn-request.ts';
import { readFetchRequest, writeFetchRequest } from '../../../protocol/generated/fetch-request.ts';
import { readHeartbeatRequest, writeHeartbeatRequest } from '../../../protocol/generated/heartbeat-request.ts';
import {
  readInitProducerIdRequest,
  writeInitProducerIdRequest,
} from '../../../protocol/generated/init-producer-id-request.ts';
import { readJoinGroupRequest, writeJoinGroupRequest } from '../../../protocol/generated/join-group-request.ts';
import { readLeaveGroupRequest, writeLeaveGroupRequest } from '../../../protocol/generated/leave-group-request.ts';
import {
  readListTransactionsRequest,
  writeListTransactionsRequest,
} from '../../../protocol/generated/list-transactions-request.ts';
import { readMetadataRequest, writeMetadataRequest } from '../../../protocol/generated/metadata-request.ts';
import {
  readOffsetCommitRequest,
  writeOffsetCommitRequest,
} from '../../../protocol/generated/offset-commit-request.ts';
import { readOffsetFetchRequest, writeOffsetFetchRequest } from '../../../protocol/generated/offset-fetch-request.ts';
import { readProduceRequest, writeProduceRequest } from '../../../protocol/generated/produce-request.ts';
import {
  readShareAcknowledgeRequest,
  writeShareAcknowledgeRequest,
} from '../../../protocol/generated/share-acknowledge-request.ts';
import { readShareFetchRequest, writeShareFetchRequest } from '../../../protocol/generated/share-fetch-request.ts';
import { readSyncGroupRequest, writeSyncGroupRequest } from '../../../protocol/generated/sync-group-request.ts';
import {
  readTxnOffsetCommitRequest,
  writeTxnOffsetCommitRequest,
} from '../../../protocol/generated/txn-offset-commit-request.ts';
import type { Reader } from '../../../protocol/reader.ts';
import type { Writer } from '../../../protocol/writer.ts';

export interface RequestCodec {
  readonly read: (reader: Reader, version: number) => object;
  readonly write: (writer: Writer, message: object, version: number) => void;
}

/** `write` gets what `read` gave. */
function codec<T extends object>(
  read: (reader: Reader, version: number) => T,
  write: (writer: Writer, message: T, version: number) => void,
): RequestCodec {
  return { read, write: write as RequestCodec['write'] };
}

export const REQUEST_CODECS: ReadonlyMap<number, RequestCodec> = new Map<number, RequestCodec>([
  [ApiKey.Produce, codec(readProduceRequest, writeProduceRequest)],
  [ApiKey.Fetch, codec(readFetchRequest, writeFetchRequest)],
  [ApiKey.Metadata, codec(readMetadataRequest, writeMetadataRequest)],
  [ApiKey.OffsetCommit, codec(readOffsetCommitRequest, writeOffsetCommitRequest)],
  [ApiKey.OffsetFetch, codec(readOffsetFetchRequest, writeOffsetFetchRequest)],
  [ApiKey.JoinGroup, codec(readJoinGroupRequest, writeJoinGroupRequest)],
  [ApiKey.SyncGroup, codec(readSyncGroupRequest, writeSyncGroupRequest)],
  [ApiKey.Heartbeat, codec(readHeartbeatRequest, writeHeartbeatRequest)],
  [ApiKey.LeaveGroup, codec(readLeaveGroupRequest, writeLeaveGroupRequest)],
  [ApiKey.DeleteTopics, codec(readDeleteTopicsRequest, writeDeleteTopicsRequest)],
  [ApiKey.InitProducerId, codec(readInitProducerIdRequest, writeInitProducerIdRequest)],
  [ApiKey.AddPartitionsToTxn, codec(readAddPartitionsToTxnRequest, writeAddPartitionsToTxnRequest)],
  [ApiKey.AddOffsetsToTxn, codec(readAddOffsetsToTxnRequest, writeAddOffsetsToTxnRequest)],
  [ApiKey.EndTxn, codec(readEndTxnRequest, writeEndTxnRequest)],
  [ApiKey.TxnOffsetCommit, codec(readTxnOffsetCommitRequest, writeTxnOffsetCommitRequest)],
  [ApiKey.ListTransactions, codec(readListTransactionsRequest, writeListTransactionsRequest)],
  [ApiKey.ConsumerGroupHeartbeat, codec(readConsumerGroupHeartbeatRequest, writeConsumerGroupHeartbeatRequest)],
  [ApiKey.ShareFetch, codec(readShareFetchRequest, writeShareFetchRequest)],
  [ApiKey.ShareAcknowledge, codec(readShareAcknowledgeRequest, writeShareAcknowledgeRequest)],
]);
