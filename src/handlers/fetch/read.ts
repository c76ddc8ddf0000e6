/** Reads the partitions of one fetch, within its bounds, and puts the answer together. */
import { ErrorCode } from '../../../protocol/errors.ts';
import { FRAME_LENGTH_SIZE } from '../../../protocol/frame.ts';
import { type FetchResponse, writeFetchResponse } from '../../../protocol/generated/fetch-response.ts';
import type { Input } from '../../../protocol/input.ts';
import { Writer } from '../../../protocol/writer.ts';
import { PartList } from '../../base/part-list.ts';
import { isPromise } from '../../base/realms.ts';
import { IsolationLevel, type PartitionRead } from '../../partition/types.ts';
import type { RequestContext } from '../types.ts';
import { codeOf, type FetchEntry, isKnown } from './find.ts';

export interface ReadOptions {
  readonly isolation: IsolationLevel;
  /** Record bytes of the whole answer, at most; one batch is always sent. */
  readonly maxBytes: number;
  /** Index of the entry to read first. */
  readonly start: number;
}

/** What came of one entry. */
export interface Outcome {
  readonly entry: FetchEntry;
  readonly errorCode: number;
  readonly read: PartitionRead | null;
}

export type Response = Input<FetchResponse>;
type Topic = { topic: string; topicId: string; partitions: PartitionAnswer[] };

/** One partition's part of the answer. */
interface PartitionAnswer {
  partitionIndex: number;
  errorCode: number;
  highWatermark: number;
  lastStableOffset: number;
  logStartOffset: number;
  abortedTransactions: PartitionRead['abortedTransactions'] | null;
  preferredReadReplica: number;
  records: Uint8Array | PartList;
  divergingEpoch?: { epoch: number; endOffset: number };
  currentLeader?: { leaderId: number; leaderEpoch: number };
}

/** Bytes that are read for a client that knows message sets only, and made of them: a request holds them in memory. */
export const OLD_FORMAT_BYTES = 2 * 1024 * 1024;
const NO_RECORDS = Buffer.alloc(0);
/** First version that tells where a fetcher's log diverges. */
const DIVERGING_EPOCH_FROM = 12;
/** First version that tells who leads a partition and where that is; the field is older, and for controllers. */
const CURRENT_LEADER_FROM = 16;

/**
 * Reads all entries, beginning with `start` and going round; outcomes are in the order of the entries.
 * @throws what is no KafkaError, also as a rejection: a bug, and nothing that was read is held any more
 */
export function readEntries(entries: readonly FetchEntry[], options: ReadOptions): Outcome[] | Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const giveUp = (error: unknown): never => {
    releaseOutcomes(outcomes);
    throw error;
  };
  try {
    const reading = readFrom(entries, options, outcomes, { done: 0, bytes: 0 });
    return reading === null ? outcomes : reading.then(() => outcomes, giveUp);
  } catch (error) {
    return giveUp(error);
  }
}

/** Lets go of what was read. */
export function releaseOutcomes(outcomes: readonly (Outcome | undefined)[]): void {
  for (const outcome of outcomes) for (const part of outcome?.read?.parts ?? []) part.release();
}

interface Progress {
  done: number;
  bytes: number;
}

/** Goes on without waiting while the reads do not; null when all are done. */
function readFrom(
  entries: readonly FetchEntry[],
  options: ReadOptions,
  outcomes: Outcome[],
  progress: Progress,
): Promise<void> | null {
  while (progress.done < entries.length) {
    const position = (options.start + progress.done) % entries.length;
    const entry = entries[position] as FetchEntry;
    progress.done += 1;
    let reading: PartitionRead | Promise<PartitionRead> | null = null;
    try {
      reading = readEntry(entry, options, progress.bytes);
    } catch (error) {
      outcomes[position] = { entry, errorCode: codeOf(error), read: null };
      continue;
    }
    if (isPromise(reading)) {
      return reading
        .then(
          (read) => keep(outcomes, position, entry, read, progress),
          (error: unknown) => void (outcomes[position] = { entry, errorCode: codeOf(error), read: null }),
        )
        .then(() => readFrom(entries, options, outcomes, progress) ?? undefined);
    }
    keep(outcomes, position, entry, reading, progress);
  }
  return null;
}

function readEntry(
  { target, log }: FetchEntry,
  { isolation, maxBytes }: ReadOptions,
  bytesSoFar: number,
): PartitionRead | Promise<PartitionRead> | null {
  if (log === null) return null;
  return log.read({
    offset: target.fetchOffset,
    maxBytes: Math.max(0, Math.min(target.maxBytes, maxBytes - bytesSoFar)),
    atLeastOne: bytesSoFar === 0,
    isolation,
    currentLeaderEpoch: target.currentLeaderEpoch,
    lastFetchedEpoch: target.lastFetchedEpoch,
  });
}

function keep(
  outcomes: Outcome[],
  position: number,
  entry: FetchEntry,
  read: PartitionRead | null,
  progress: Progress,
): void {
  outcomes[position] = { entry, errorCode: entry.errorCode, read };
  progress.bytes += read?.byteLength ?? 0;
}

/** The topics of the answer; with `onlyChanges`, as a session wants it, without partitions that have no news. */
export function answerTopics(
  context: RequestContext,
  outcomes: readonly Outcome[],
  isolation: IsolationLevel,
  onlyChanges: boolean,
): Topic[] {
  const topics: Topic[] = [];
  for (const outcome of outcomes) {
    const { target } = outcome.entry;
    const answer = answerPartition(context, outcome, isolation);
    const isNews = differs(target, answer);
    remember(outcome, answer);
    if (!onlyChanges || isNews) add(topics, target, answer);
    else if (answer.records instanceof PartList) answer.records.releaseAll();
  }
  return topics;
}

/** The size in bytes of a response with what `answerTopics` would give, as a quota counts it: with its length, without its header. */
export function answerSize(
  context: RequestContext,
  outcomes: readonly Outcome[],
  isolation: IsolationLevel,
  onlyChanges: boolean,
): number {
  const responses: Topic[] = [];
  for (const outcome of outcomes) {
    const { target } = outcome.entry;
    const answer = answerPartition(context, outcome, isolation);
    if (!onlyChanges || differs(target, answer)) add(responses, target, answer);
  }
  const writer = new Writer();
  writeFetchResponse(writer, { responses }, context.apiVersion);
  const byteLength = FRAME_LENGTH_SIZE + writer.byteLength;
  writer.finish();
  return byteLength;
}

function add(topics: Topic[], { topic: name, topicId }: FetchEntry['target'], answer: PartitionAnswer): void {
  let topic = topics.at(-1);
  if (topic === undefined || topic.topic !== name || topic.topicId !== topicId) {
    topic = { topic: name, topicId, partitions: [] };
    topics.push(topic);
  }
  topic.partitions.push(answer);
}

/** Whether it is more than the session's client knows already. */
function differs(target: FetchEntry['target'], answer: PartitionAnswer): boolean {
  return (
    answer.records.byteLength > 0 ||
    answer.errorCode !== ErrorCode.NONE ||
    answer.divergingEpoch !== undefined ||
    answer.highWatermark !== target.sentHighWatermark ||
    answer.logStartOffset !== target.sentLogStartOffset
  );
}

/** Notes what the session's client will know, and the traffic of the partition. */
function remember({ entry: { target, log }, read }: Outcome, answer: PartitionAnswer): void {
  target.sentHighWatermark = answer.highWatermark;
  target.sentLogStartOffset = answer.logStartOffset;
  if (read !== null) log?.traffic.sent(read.recordCount, read.byteLength);
}

function answerPartition(context: RequestContext, outcome: Outcome, isolation: IsolationLevel): PartitionAnswer {
  const { entry, read } = outcome;
  const partitionIndex = entry.target.partition;
  if (read === null) return answerError(context, outcome);
  return {
    partitionIndex,
    errorCode: ErrorCode.NONE,
    highWatermark: read.highWatermark,
    lastStableOffset: read.lastStableOffset,
    logStartOffset: read.logStartOffset,
    // Where the logs diverge nothing was read, and Kafka does not look for transactions.
    abortedTransactions:
      isolation === IsolationLevel.READ_COMMITTED && read.diverging === null ? read.abortedTransactions : null,
    preferredReadReplica: -1,
    records: read.parts.length === 0 ? NO_RECORDS : new PartList(read.parts),
    ...(read.diverging !== null && context.apiVersion >= DIVERGING_EPOCH_FROM
      ? { divergingEpoch: { epoch: read.diverging.leaderEpoch, endOffset: read.diverging.endOffset } }
      : {}),
  };
}

function answerError({ services, apiVersion }: RequestContext, { entry, errorCode }: Outcome): PartitionAnswer {
  const isOldStorageError = errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion <= 5;
  const tellsLeader =
    apiVersion >= CURRENT_LEADER_FROM && entry.log !== null && errorCode === ErrorCode.FENCED_LEADER_EPOCH;
  return {
    partitionIndex: entry.target.partition,
    errorCode: isOldStorageError ? ErrorCode.NOT_LEADER_OR_FOLLOWER : errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    // Of a partition that is not there Kafka says none, of one that cannot be read nothing.
    abortedTransactions: isKnown(entry) ? null : [],
    preferredReadReplica: -1,
    records: NO_RECORDS,
    ...(tellsLeader
      ? { currentLeader: { leaderId: services.metadata.nodeId, leaderEpoch: entry.log?.leaderEpoch ?? -1 } }
      : {}),
  };
}

/** Where the leaders named in the answer can be reached (KIP-951). */
export function endpointsFor({ services, connection, apiVersion }: RequestContext, topics: readonly Topic[]): Response {
  if (apiVersion < CURRENT_LEADER_FROM) return {};
  const namesLeader = topics.some((topic) => topic.partitions.some(({ currentLeader }) => currentLeader !== undefined));
  return namesLeader ? { nodeEndpoints: [services.endpointFor(connection)] } : {};
}

/** Lets go of the record bytes of an answer that is not sent. */
export function releaseRecords(response: Response): void {
  for (const topic of response.responses ?? []) {
    for (const { records } of topic.partitions ?? []) if (records instanceof PartList) records.releaseAll();
  }
}
