/**
 * ShareFetch that fails for some of its partitions: those acquire nothing and acknowledge nothing, while the session has
 * them as before, so that the next request fetches them again.
 */
import type { BrokerServices } from '../../handlers/types.ts';
import { changed, plain, type Result } from './answers.ts';
import { errorAnswer, type InjectedError, mergeAnswers, type Message, splitRequest } from './error-answer.ts';
import type { Call, Next } from './faults.ts';
import { shapeOf, topicFilter } from './requests.ts';
import { sessionParts } from './sessions.ts';
import type { FaultOptions } from './types.ts';

interface Partition {
  readonly topicId: string;
  readonly partition: number;
}

interface Named {
  readonly topicId: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly acknowledgementBatches: unknown[] }[];
}

export function failShareFetch(call: Call, next: Next, options: FaultOptions, error: InjectedError): Result {
  const { services } = call.context;
  const { body, version } = call.request;
  const isMeant = topicFilter(services, options);
  const shape = { ...shapeOf('ShareFetch'), topFrom: Infinity };
  const { failing, rest } = splitRequest(shape, body, isMeant);
  const named = (failing?.['topics'] ?? []) as readonly Named[];
  const fetched = named.flatMap(({ topicId, partitions }) =>
    partitions.map(({ partitionIndex }) => ({ topicId, partition: partitionIndex })),
  );
  const kept = sessionParts(services, call.request)
    .filter(({ element, partition }) => isMeant(element, partition))
    .map(({ element, partition }) => ({ topicId: String(element['topicId']), partition }));
  changeSession(services, body, [], kept);
  // It does not wait: something is to be said.
  const others = { ...(rest ?? { ...body, topics: [] }), maxWaitMs: 0 };
  return changed(next(others), (answer) => {
    changeSession(services, body, Number(body['shareSessionEpoch']) < 0 ? [] : [...kept, ...fetched], []);
    if (answer === null || Number((answer as Message)['errorCode'] ?? 0) !== 0) return answer;
    const unnamed = kept.filter((one) => !fetched.some((other) => isSame(one, other)));
    const topics = [
      ...named,
      ...unnamed.map(({ topicId, partition }) => ({ topicId, partitions: [{ partitionIndex: partition }] })),
    ];
    const errors = errorAnswer(shape, version, { topics }, error);
    return mergeAnswers(shape, body, plain(answer) as Message, withAcknowledgements(errors, named, error));
  });
}

function isSame(one: Partition, other: Partition): boolean {
  return one.topicId === other.topicId && one.partition === other.partition;
}

function changeSession(services: BrokerServices, body: Message, added: Partition[], removed: Partition[]): void {
  const { shareSessions } = services;
  const session = shareSessions.find(String(body['groupId']), String(body['memberId']));
  if (session !== undefined) shareSessions.update(session, added, removed);
}

const NO_RECORDS = Buffer.alloc(0);

/** What was said of records in those partitions failed as well. */
function withAcknowledgements(errors: Message, named: readonly Named[], { code }: InjectedError): Message {
  const responses = (errors['responses'] as readonly Message[]).map((topic, at) => ({
    ...topic,
    partitions: (topic['partitions'] as readonly Message[]).map((partition, index) => {
      const hasSaid = (named[at]?.partitions[index]?.acknowledgementBatches.length ?? 0) > 0;
      return { ...partition, records: NO_RECORDS, ...(hasSaid && { acknowledgeErrorCode: code }) };
    }),
  }));
  return { ...errors, responses };
}
