/**
 * Fetch (1), versions 0 to 18: record batches as they are stored, of many partitions; up to v3 converted to message sets
 * (fetch/old-formats.ts).
 *
 * - The answer comes at once when minBytes can be read, a partition cannot be read as asked, or maxWaitMs is not
 *   positive; else the request is parked with one waiter until something changes. A batch larger than its partition's
 *   bound counts in full, unless the fetch waits already. Partitions that are not there are neither reason enough nor
 *   waited for, unless nothing else is asked for. Record bytes are named here and loaded while the socket drains.
 * - Up to maxBytes in all and partitionMaxBytes each, whole batches, and always at least one batch once per request,
 *   however large. Partitions are read in an order that turns with each request, so that none starves.
 * - Who is over his quota of bytes gets an empty answer at once, and a session stays as it was. No fetch brings more than
 *   the quota allows in all its windows.
 * - v1 brings the throttle time, v3 a bound for the whole answer, v4 isolation levels and record batches.
 * - v7 brings sessions (fetch/sessions.ts), v9 leader epochs, v10 zstd, v12 diverging epochs, v13 topic ids, v16 the
 *   current leader and its endpoint. zstd is sent below v10, too, down to v4.
 *
 * Deviations from Apache Kafka: there are no followers, so a replica id gets NOT_LEADER_OR_FOLLOWER; a fetch in the
 * middle of a batch returns the batch from its base offset, as Kafka does, and never a partial batch at its end; a
 * partition that is named twice is answered twice; a session needs a partition to begin with.
 */
import { isPromise } from '../base/realms.ts';
import { ApiKey } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { type FetchRequest, readFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { writeFetchResponse } from '../../protocol/generated/fetch-response.ts';
import type { IsolationLevel } from '../partition/types.ts';
import { type FetchEntry, findEntry, isKnown, mayDiverge, readableBytes, TOPIC_IDS_FROM } from './fetch/find.ts';
import {
  answerSize,
  answerTopics,
  endpointsFor,
  OLD_FORMAT_BYTES,
  type Outcome,
  readEntries,
  releaseOutcomes,
  releaseRecords,
  type Response,
} from './fetch/read.ts';
import { type FetchPlan, NO_SESSION } from './fetch/sessions.ts';
import { FetchWaiter } from './fetch/waiter.ts';
import { type ConnectionInfo, handler, type HandlerResult, type RequestContext } from './types.ts';

/** First version that is answered with record batches. */
const BATCHES_FROM = 4;
/** First version that carries replica ids in a tagged struct. */
const REPLICA_STATE_FROM = 15;

export const fetchHandler = handler<FetchRequest, Response>({
  apiKey: ApiKey.Fetch,
  minVersion: 0,
  maxVersion: 18,
  readRequest: readFetchRequest,
  writeResponse: writeFetchResponse,
  releaseResponse: releaseRecords,
  handle(context, request) {
    const { services, apiVersion } = context;
    if (request.isolationLevel !== 0 && request.isolationLevel !== 1) {
      return { errorCode: ErrorCode.INVALID_REQUEST };
    }
    let plan: FetchPlan;
    try {
      plan = services.fetchSessions.plan(request, apiVersion >= TOPIC_IDS_FROM);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      return { errorCode: error.code };
    }
    const isReplica = (apiVersion >= REPLICA_STATE_FROM ? request.replicaState.replicaId : request.replicaId) >= 0;
    const entries = plan.targets.map((target): FetchEntry => {
      const entry = findEntry(context, target);
      return isReplica && entry.log !== null
        ? { target, log: null, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }
        : entry;
    });
    const start = entries.length < 2 ? 0 : rotationOf(plan, context.connection) % entries.length;
    return serve({ context, request, plan, entries, isolation: request.isolationLevel, start, hasWaited: false });
  },
});

/** A fetch on its way. */
interface Fetch {
  readonly context: RequestContext;
  readonly request: FetchRequest;
  readonly plan: FetchPlan;
  readonly entries: readonly FetchEntry[];
  readonly isolation: IsolationLevel;
  /** Index of the entry to read first. */
  readonly start: number;
  /** It is answered, however little there is. */
  readonly hasWaited: boolean;
}

function serve(fetch: Fetch): HandlerResult<Response> {
  const { request, entries } = fetch;
  if (request.maxWaitMs <= 0 || !entries.some(isKnown)) return answer(fetch);
  const readable = readableOf(fetch);
  if (isEnough(fetch, readable)) return answer(fetch);
  // Where more is there than may come, a whole batch comes nevertheless, and may be enough.
  const mustRead = entries.some((entry, i) => mayDiverge(entry) || (readable[i] as number) >= entry.target.maxBytes);
  if (!mustRead) return park(fetch, readable);
  const outcomes = read(fetch);
  return isPromise(outcomes) ? outcomes.then((done) => answerOrPark(fetch, done)) : answerOrPark(fetch, outcomes);
}

/** An error, or where the client's log and this one part: it is told at once. */
function cannotWait({ entry, read: part }: Outcome): boolean {
  return part === null ? isKnown(entry) : part.diverging !== null;
}

/** Answers with what was read if it is enough. */
function answerOrPark(fetch: Fetch, outcomes: Outcome[]): HandlerResult<Response> {
  const bytes = outcomes.reduce((total, { read: part }) => total + (part?.byteLength ?? 0), 0);
  if (bytes >= minBytesOf(fetch) || outcomes.some(cannotWait)) return conclude(fetch, outcomes);
  releaseOutcomes(outcomes);
  const readable = readableOf(fetch);
  return isEnough(fetch, readable) ? answer(fetch) : park(fetch, readable);
}

/** Bytes that can be read of each entry now; negative where the answer cannot wait. */
function readableOf({ entries, isolation }: Fetch): number[] {
  return entries.map((entry) => readableBytes(entry, isolation));
}

function isEnough(fetch: Fetch, readable: readonly number[]): boolean {
  return readable.some((bytes) => bytes < 0) || sum(readable) >= minBytesOf(fetch);
}

function park(fetch: Fetch, readable: number[], minBytes = minBytesOf(fetch)): Promise<Response | null> {
  const { context, request, entries, isolation } = fetch;
  const waiter = new FetchWaiter(entries, readable, {
    clock: context.services.clock,
    connection: context.connection,
    isolation,
    maxWaitMs: request.maxWaitMs,
    minBytes,
  });
  return waiter.done.then((isWanted) => (isWanted ? answer({ ...fetch, hasWaited: true }) : null));
}

function minBytesOf(fetch: Fetch): number {
  return Math.min(fetch.request.minBytes, maxBytesOf(fetch));
}

function maxBytesOf({ context, request }: Fetch): number {
  const { services, connection, clientId } = context;
  const allowed = Math.min(request.maxBytes, services.config.int('fetch.max.bytes'));
  const maxBytes = context.apiVersion < BATCHES_FROM ? Math.min(allowed, OLD_FORMAT_BYTES) : allowed;
  const { clients } = services.quotas;
  return clients === null ? maxBytes : Math.floor(Math.min(maxBytes, clients.fetchBound(connection, clientId)));
}

function read(fetch: Fetch): Outcome[] | Promise<Outcome[]> {
  const { entries, isolation, start } = fetch;
  return readEntries(entries, { isolation, maxBytes: maxBytesOf(fetch), start });
}

function answer(fetch: Fetch): Response | Promise<Response | null> {
  const outcomes = read(fetch);
  return isPromise(outcomes) ? outcomes.then((done) => conclude(fetch, done)) : conclude(fetch, outcomes);
}

function conclude(fetch: Fetch, outcomes: readonly Outcome[]): Response | Promise<Response | null> {
  return fetch.context.apiVersion < BATCHES_FROM ? concludeConverted(fetch, outcomes) : respond(fetch, outcomes);
}

/** Answers with message sets. Where all that there is says nothing to such a client, it waits for more, once. */
async function concludeConverted(fetch: Fetch, outcomes: readonly Outcome[]): Promise<Response | null> {
  const { convertOutcomes } = await import('./fetch/old-formats.ts');
  const converted = await convertOutcomes(fetch, outcomes);
  if (converted === null) return null;
  const hidesAll = outcomes.some(({ read: part }) => part !== null && part.byteLength > 0) && converted.every(isEmpty);
  if (!hidesAll || fetch.hasWaited || fetch.request.maxWaitMs <= 0) return respond(fetch, converted);
  const again = { ...fetch, hasWaited: true };
  const hasMore = converted.some(({ entry, read: part }) => entry.log?.highWatermark !== part?.highWatermark);
  const readable = readableOf(fetch);
  if (hasMore || readable.some((bytes) => bytes < 0)) return await answer(again);
  return await park(again, readable, sum(readable) + 1);
}

function isEmpty({ read: part, errorCode }: Outcome): boolean {
  return errorCode === ErrorCode.NONE && part?.byteLength === 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function respond(fetch: Fetch, outcomes: readonly Outcome[]): Response {
  const { context, plan, isolation } = fetch;
  const throttleTimeMs = throttleOf(fetch, outcomes);
  if (throttleTimeMs > 0) {
    releaseOutcomes(outcomes);
    return { throttleTimeMs, sessionId: plan.session?.id ?? NO_SESSION };
  }
  const responses = answerTopics(context, outcomes, isolation, plan.session !== null);
  const sessionId = plan.wantsSession
    ? context.services.fetchSessions.create(plan.targets, context.apiVersion >= TOPIC_IDS_FROM)
    : (plan.session?.id ?? NO_SESSION);
  return { errorCode: ErrorCode.NONE, sessionId, responses, ...endpointsFor(context, responses) };
}

/** How long the client is to be held back, in ms; it gets nothing then (KIP-219), and asks again. */
function throttleOf({ context, plan, isolation }: Fetch, outcomes: readonly Outcome[]): number {
  const { services, connection, clientId } = context;
  const size = (): number => answerSize(context, outcomes, isolation, plan.session !== null);
  return services.quotas.clients?.wouldConsume(connection, clientId, size) ?? 0;
}

/** A number that grows by one with each fetch of the session, or of the connection without one. */
function rotationOf(plan: FetchPlan, connection: ConnectionInfo): number {
  return plan.session === null ? connection.fetchTurns++ : plan.session.rotation;
}
