/**
 * Produce (0), versions 0 to 13 (shown from 0 in any case, see api-versions.ts): appends one record batch per partition.
 *
 * - The batch is validated and takes effect in `partition.append`, synchronously; the answer follows when it is
 *   committed, and meanwhile the connection goes on with its next request. Only batches whose records must be looked at
 *   (`partition.prepare`), a partition used for the first time, or one that is new in a transaction, hold the connection
 *   up.
 * - acks=1 and acks=all are the same here: the answer comes when the topic's durability is reached. acks=0 gets no
 *   answer; an error closes the connection. Any other number is an error of each partition that has no other.
 * - Up to v2 a partition may bring a message set of format v0 or v1, of which one batch is made
 *   (partition/prepare-message-set.ts), or nothing whole, which is written as nothing; v1 brings the throttle time, v2 the
 *   time of the append.
 * - v7 allows zstd; v8 adds record errors and messages; v13 names topics by id.
 *
 * - What a transaction needs is in produce-transaction.ts; a transactional batch without a transactional id gets
 *   TRANSACTIONAL_ID_AUTHORIZATION_FAILED for every partition, and so do transactional batches of several producers
 *   INVALID_PRODUCER_ID_MAPPING.
 *
 * - A large request is appended in slices, in the order of its partitions.
 *
 * Deviations from Apache Kafka: a partition that is named twice is written and answered twice; Kafka forgets the first,
 * and topics without partitions. Malformed bytes for one partition do not fail the others.
 * Of very many refused records in one request, some are named, and one at least for each partition.
 */
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import {
  type PartitionProduceData,
  type ProduceRequest,
  readProduceRequest,
  type TopicProduceData,
} from '../../protocol/generated/produce-request.ts';
import { type ProduceResponse, writeProduceResponse } from '../../protocol/generated/produce-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { Slice } from '../base/counted.ts';
import { timed } from '../base/effort.ts';
import { turn } from '../base/real-time.ts';
import { isPromise } from '../base/realms.ts';
import type { AppendOptions, PartitionLog } from '../partition/types.ts';
import { BATCHES_FROM, isEmptySet, singleBatchSize } from '../partition/validate.ts';
import { findPartition } from './find-topic.ts';
import { blankAnswer, failed, type NamedRecords, type PartitionAnswer, refuse, setError } from './produce-answer.ts';
import { whenAllCommitted } from './produce-commit.ts';
import { prepareWrites } from './produce-prepare.ts';
import { partitionRefusal, requestRefusal, severalProducers } from './produce-refusals.ts';
import {
  enlistWrites,
  transactionalProducer,
  type TransactionalWrite,
  verifiedTooEarly,
} from './produce-transaction.ts';
import type { Holding } from './rewritten.ts';
import { CloseConnection, handler, type HandlerResult, Pipelined, type RequestContext } from './types.ts';

/** Bytes that a request appends before others have their turn, some milliseconds; and what an append counts besides. */
const APPENDED_PER_TURN = 4 * 1024 * 1024;
const APPEND_COST = 8192;
/** First version that names topics by id. */
const TOPIC_IDS_FROM = 13;

/** One partition's part of a request on its way. */
interface Write extends TransactionalWrite {
  readonly answer: PartitionAnswer;
  records: Slice;
  /** Of the request. */
  readonly named: NamedRecords;
}

type Response = Input<ProduceResponse>;
type Answers = NonNullable<ProduceResponse['responses']>;

export const produceHandler = handler<ProduceRequest, Response>({
  apiKey: ApiKey.Produce,
  minVersion: 0,
  maxVersion: 13,
  advertisedMinVersion: 0,
  readRequest: readProduceRequest,
  writeResponse: writeProduceResponse,
  handle(context, request) {
    const refusal = requestRefusal(context, request);
    if (refusal !== null) return refuseAll(context, request, refusal);
    const writes: Write[] = [];
    const plan: Plan = { writes, named: { count: 0 }, producers: new Set() };
    const responses = request.topicData.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitionResponses: topic.partitionData.map((data) => planWrite(context, request, topic, data, plan)),
    }));
    if (plan.producers.size > 1) return refuseAll(context, request, severalProducers());
    const { apiVersion, effort } = context;
    const options: AppendOptions = { origin: 'client', produceVersion: apiVersion, effort };
    const waiting = prepareWrites(writes, options, context.services.config, refuse);
    const work: Work = { context, request, response: { responses: responses as unknown as Answers }, writes, options };
    const result = waiting === null ? enlistAll(work) : waiting.then((holding) => appendPrepared(holding, work));
    if (isPromise(result)) for (const { partition } of writes) partition.keepUntil(result);
    return result;
  },
});

/** What a request writes. */
interface Plan {
  readonly writes: Write[];
  readonly named: NamedRecords;
  /** Of transactional batches. */
  readonly producers: Set<string>;
}

interface Work {
  readonly context: RequestContext;
  readonly request: ProduceRequest;
  readonly response: Response;
  readonly writes: readonly Write[];
  readonly options: AppendOptions;
}

/** Finds the partition and adds the write; gives its answer, an error at once when there is nothing to write to. */
function planWrite(
  context: RequestContext,
  { acks }: ProduceRequest,
  topic: TopicProduceData,
  data: PartitionProduceData,
  { writes, named, producers }: Plan,
): PartitionAnswer {
  const { apiVersion } = context;
  const { index, records } = data;
  try {
    const key = apiVersion >= TOPIC_IDS_FROM ? { topicId: topic.topicId } : { name: topic.name };
    const partition = findPartition(context, key, index, 'WRITE');
    if (records === null) throw new KafkaError(ErrorCode.INVALID_RECORD, 'The request has no records.');
    const refusal = partitionRefusal(context, acks, partition);
    const producer = transactionalProducer(records);
    // What is no batch outweighs a refusal, and is of no producer.
    if (apiVersion >= BATCHES_FROM && (refusal !== null || producer !== null)) singleBatchSize(records, apiVersion);
    if (producer !== null) producers.add(producer);
    if (refusal !== null) throw refusal;
    const answer = blankAnswer(index);
    if (apiVersion < BATCHES_FROM && isEmptySet(records)) return answer;
    writes.push({
      partition,
      answer,
      records: { bytes: records, owner: context.frame },
      verification: null,
      named,
    });
    return answer;
  } catch (error) {
    return failed(index, error, apiVersion);
  }
}

/** Appends what was prepared, and holds it until it is committed. */
async function appendPrepared(holding: Holding, work: Work): Promise<Response | Pipelined<Response> | null> {
  let result: Response | Pipelined<Response> | null = null;
  try {
    result = await timed(work.context.effort, () => enlistAll(work));
  } finally {
    if (!(result instanceof Pipelined)) holding.release();
  }
  if (result instanceof Pipelined) result.response.then(holding.release, holding.release);
  return result;
}

/** Makes every partition part of the request's transaction, if there is one; then appends. */
function enlistAll(work: Work): HandlerResult<Response> {
  const { request, writes, options, context } = work;
  if (request.transactionalId === null) return appendAll(work);
  const sound = writes.filter(({ answer }) => answer.errorCode === ErrorCode.NONE);
  const asking = enlistWrites(context, request.transactionalId, sound, ({ answer }, error) =>
    setError(answer, error, options.produceVersion),
  );
  return asking === null ? appendAll(work) : asking.then(() => timed(context.effort, () => appendAll(work)));
}

type Commits = Array<{
  readonly partition: PartitionLog;
  readonly endOffset: number;
  readonly answer: PartitionAnswer;
}>;

/**
 * Appends everything that has no error yet, at once if it is not much; the response follows when all of it is committed.
 */
function appendAll(work: Work): HandlerResult<Response> {
  const commits: Commits = [];
  const waiting = appendFrom(work, 0, commits);
  return waiting === null ? whenCommitted(work, commits) : waiting.then(() => whenCommitted(work, commits));
}

/** Null when all are appended; else the rest of them is in later turns, in their order. */
function appendFrom(work: Work, start: number, commits: Commits): Promise<void> | null {
  const { writes, options } = work;
  let left = APPENDED_PER_TURN;
  for (let index = start; index < writes.length; index++) {
    if (left <= 0) {
      const goOn = (): Promise<void> | null => appendFrom(work, index, commits);
      return turn().then(() => timed(work.context.effort, goOn) ?? undefined);
    }
    const write = writes[index] as Write;
    const { partition, answer, records, verification } = write;
    if (answer.errorCode !== ErrorCode.NONE) continue;
    left -= APPEND_COST + records.bytes.length;
    try {
      const result = partition.append(records, verification === null ? options : { ...options, verification });
      answer.baseOffset = result.baseOffset;
      answer.logAppendTimeMs = result.logAppendTimeMs;
      answer.logStartOffset = result.logStartOffset;
      commits.push({ partition, endOffset: result.endOffset, answer });
    } catch (error) {
      refuse(
        write,
        verification === null ? error : verifiedTooEarly(error, options.produceVersion),
        options.produceVersion,
      );
    }
  }
  return null;
}

function whenCommitted(work: Work, commits: Commits): Response | Pipelined<Response> | null {
  const { request, response, options, context } = work;
  if (commits.length === 0) return answerNow(work);
  // Only what has to be replicated may come too late; acks=1 waits for as long as it takes.
  const timeoutMs = request.acks === -1 ? request.timeoutMs : Infinity;
  const committed = whenAllCommitted(commits, {
    deadlines: context.services.commitDeadlines,
    timeoutMs,
    onError: (answer, error) => setError(answer, error, options.produceVersion),
    result: response,
  });
  if (request.acks !== 0) return new Pipelined(committed);
  closeOnError(response);
  return new Pipelined(
    committed.then(() => answerNow(work)),
    true,
  );
}

/** Every partition gets the error, whatever else there is to be said of it. */
function refuseAll({ apiVersion }: RequestContext, request: ProduceRequest, error: KafkaError): Response | null {
  const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => failed(index, error, apiVersion)),
  }));
  return answerNow({ request, response: { responses: responses as unknown as Answers } });
}

function answerNow({ request, response }: Pick<Work, 'request' | 'response'>): Response | null {
  if (request.acks !== 0) return response;
  closeOnError(response);
  return null;
}

/** Without acks there is no other way to tell the client. */
function closeOnError(response: Response): void {
  for (const topic of response.responses ?? []) {
    for (const { index, errorCode } of topic.partitionResponses ?? []) {
      if (errorCode !== ErrorCode.NONE) {
        throw new CloseConnection(`Produce without acks failed: error ${errorCode} for partition ${index}`);
      }
    }
  }
}
