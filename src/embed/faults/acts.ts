/** What can be done to a request: an error, a delay, a connection that breaks, throttling, or whatever a program wants. */
import { ApiKey } from '../../../protocol/apis.ts';
import { ErrorCode, KafkaError } from '../../../protocol/errors.ts';
import type { Clock } from '../../base/clock.ts';
import { didYouMean } from '../../config/nearest.ts';
import { type AnyApiHandler, CloseConnection, Pipelined } from '../../handlers/types.ts';
import { shown } from '../arguments.ts';
import { changed, plain, release, type Result } from './answers.ts';
import {
  errorAnswer,
  type InjectedError,
  mergeAnswers,
  type Message,
  patchAnswer,
  pathOf,
  splitRequest,
} from './error-answer.ts';
import type { ListPath } from './error-shapes.ts';
import type { Act, Call, Next } from './faults.ts';
import { tellUncaught } from './program-error.ts';
import { shapeOf, topicFilter } from './requests.ts';
import { sessionParts } from './sessions.ts';
import { failShareFetch } from './share-fetch.ts';
import type { Control, ErrorName, FaultOptions } from './types.ts';

/** Errors of a fetch that concern its session, and not its partitions. */
const SESSION_ERRORS: ReadonlySet<number> = new Set([
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
]);

/** @throws TypeError for a name that is none */
export function injectedError(what: string, name: ErrorName, message?: string): InjectedError {
  const code: number | undefined = Object.hasOwn(ErrorCode, name) ? ErrorCode[name] : undefined;
  if (code === ErrorCode.NONE) throw new TypeError(`${what}: NONE is no error`);
  if (code !== undefined) return { code, message };
  throw new TypeError(`${what}: there is no error ${String(name)}${didYouMean(String(name), Object.keys(ErrorCode))}`);
}

export function fail(error: InjectedError): Act {
  return (call, next, options) => {
    const { api, context, request } = call;
    const { body, version } = request;
    if (api.apiKey === ApiKey.Fetch) return failFetch(call, next, options, error);
    if (api.apiKey === ApiKey.Metadata) return failMetadata(call, next, options, error);
    const shape = shapeOf(request.api);
    const isForSome = shape.namesTopics === true && (options.topic !== undefined || options.partition !== undefined);
    if (isForSome && api.apiKey === ApiKey.ShareFetch) return failShareFetch(call, next, options, error);
    const { failing, rest } = isForSome
      ? splitRequest(shape, body, topicFilter(context.services, options))
      : { failing: body, rest: null };
    if (failing === null) return next(body);
    const errors = errorAnswer(rest === null ? shape : { ...shape, topFrom: Infinity }, version, failing, error);
    if (rest !== null) {
      return changed(next(rest), (answer) =>
        answer === null ? noAnswer(error) : mergeAnswers(shape, body, plain(answer) as Message, errors),
      );
    }
    return body['acks'] === 0 ? noAnswer(error) : errors;
  };
}

/** Without acks, the end of the connection is all that a producer can be told. */
function noAnswer({ code }: InjectedError): never {
  throw new CloseConnection(`Produce without acks was made to fail with error ${code}`);
}

/** Other topics stand in the answer as they are. */
function failMetadata(call: Call, next: Next, options: FaultOptions, error: InjectedError): Result {
  const isMeant = topicFilter(call.context.services, options);
  return changed(next(call.request.body), (answer) =>
    patchAnswer(pathOf(shapeOf('Metadata'), call.request.body) as ListPath, plain(answer) as Message, (topic) =>
      isMeant(topic, undefined) ? { ...topic, errorCode: error.code, partitions: [] } : topic,
    ),
  );
}

function keyOf({ topic, topicId }: Message, partition: unknown): string {
  return `${String(topic)}/${String(topicId)}/${String(partition)}`;
}

/** The error stands beside each partition that is meant, those that the fetch's session remembers as well. */
function failFetch(call: Call, next: Next, options: FaultOptions, error: InjectedError): Result {
  const { body, version } = call.request;
  if (SESSION_ERRORS.has(error.code)) return errorAnswer({}, version, body, error);
  const isMeant = topicFilter(call.context.services, options);
  const failed = { highWatermark: -1, errorCode: error.code };
  const path = pathOf(shapeOf('Fetch'), body) as ListPath;
  // It does not wait: something is to be said.
  return changed(next({ ...body, maxWaitMs: 0 }), (answer) => {
    if (answer === null || (answer as Message)['errorCode'] !== ErrorCode.NONE) return answer;
    const inSession = sessionParts(call.context.services, call.request);
    const said = new Set<string>();
    const patched = patchAnswer(path, answer as Message, (topic, element) => {
      const partition = element['partitionIndex'] as number;
      if (!isMeant(topic, partition)) return element;
      said.add(keyOf(topic, partition));
      release(call, { responses: [{ partitions: [element] }] });
      return { ...failed, partitionIndex: partition };
    });
    const unsaid = inSession
      .filter(({ element, partition }) => isMeant(element, partition) && !said.has(keyOf(element, partition)))
      .map(({ element, partition }) => ({ ...element, partitions: [{ ...failed, partitionIndex: partition }] }));
    return { ...patched, responses: [...(patched['responses'] as Message[]), ...unsaid] };
  });
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve));
}

export function delay(ms: number, isAfter: boolean): Act {
  return ({ context, request }, next) => {
    const { clock } = context.services;
    if (!isAfter) return pause(clock, ms).then(() => next(request.body)) as Result;
    return changed(next(request.body), (answer) => pause(clock, ms).then(() => answer));
  };
}

export function drop(isAfter: boolean): Act {
  return (call, next) => {
    const close = (): never => {
      throw new CloseConnection(`${call.request.api} was made to lose its connection`);
    };
    if (!isAfter) return close();
    return changed(next(call.request.body), (answer) => {
      release(call, answer);
      return close();
    });
  };
}

/** As a quota does: the answer says for how long, and the connection's next requests wait for so long (KIP-219). */
export function throttle(ms: number): Act {
  return ({ context, request }, next) =>
    changed(next(request.body), (answer) => {
      context.connection.mute(ms);
      return answer === null ? null : { ...(answer as Message), throttleTimeMs: ms };
    });
}

export function control(program: Control): Act {
  return async (call, next) => {
    const { request } = call;
    const shape = shapeOf(request.api);
    const failed = (error: InjectedError): Message => errorAnswer(shape, request.version, request.body, error);
    const serve = async (): Promise<Message | null> => {
      const result = await next(request.body);
      return plain(result instanceof Pipelined ? await result.response : result) as Message | null;
    };
    // Once, however often the program asks, and whether it waits or not.
    let serving: Promise<Message | null> | null = null;
    const proceed = (): Promise<Message | null> => {
      serving ??= serve();
      serving.catch(() => undefined); // who does not wait is told by the answer
      return serving;
    };
    const given = {
      ...request,
      proceed,
      fail: (error: ErrorName, message?: string) => failed(injectedError('control', error, message)),
      drop: (): never => {
        throw new CloseConnection(`${request.api} was dropped`);
      },
    };
    const before = async (): Promise<Message | null> => (await serving?.catch(() => null)) ?? null;
    let answer: Message | null | undefined;
    try {
      answer = await program(given);
      if (answer !== undefined && typeof answer !== 'object') {
        throw new TypeError(`control: the function gives an answer of ${request.api}, not ${shown(answer)}`);
      }
    } catch (error) {
      releaseUnused(call.api, await before(), null);
      if (error instanceof KafkaError) return failed({ code: error.code, message: error.message });
      if (!(error instanceof CloseConnection)) tellUncaught(error);
      throw new CloseConnection(`${request.api}: the program's function threw`);
    }
    if (answer === undefined) return serving ?? next(request.body);
    releaseUnused(call.api, await before(), answer);
    return answer;
  };
}

/** Records that a fetch has read, and that are not in the answer that is sent. */
function releaseUnused(api: AnyApiHandler, before: Message | null, after: Message | null): void {
  if (before === null || before === after || api.releaseResponse === undefined) return;
  const kept = new Set(recordsIn(after));
  for (const records of recordsIn(before)) {
    if (!kept.has(records)) api.releaseResponse({ responses: [{ partitions: [{ records }] }] });
  }
}

function recordsIn(answer: Message | null): unknown[] {
  const topics = (answer?.['responses'] ?? []) as readonly Message[];
  return topics.flatMap((topic) => ((topic['partitions'] ?? []) as readonly Message[]).map(({ records }) => records));
}
