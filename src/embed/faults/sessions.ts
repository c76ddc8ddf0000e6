/** What fetches read without naming it: the partitions of their sessions. */
import type { BrokerServices } from '../../handlers/types.ts';
import type { Message } from './error-answer.ts';
import type { BrokerRequest } from './types.ts';

/** A partition, with what names its topic. */
export interface SessionPart {
  readonly element: Message;
  readonly partition: number;
}

type Asked = Pick<BrokerRequest, 'api' | 'body'>;

/** Those that a request of any API goes on with; none where it begins or ends a session. */
export function sessionParts(services: BrokerServices, { api, body }: Asked): readonly SessionPart[] {
  if (api === 'Fetch') return Number(body['sessionEpoch']) > 0 ? fetchParts(services, body) : [];
  if (api === 'ShareFetch' && Number(body['shareSessionEpoch']) > 0) return shareParts(services, body);
  return [];
}

function fetchParts({ fetchSessions }: BrokerServices, body: Message): SessionPart[] {
  return fetchSessions
    .targets(body['sessionId'] as number)
    .map(({ topic, topicId, partition }) => ({ element: { topic, topicId }, partition }));
}

function shareParts({ shareSessions }: BrokerServices, body: Message): SessionPart[] {
  // A request that prolongs locks fetches nothing.
  if (body['isRenewAck'] === true) return [];
  const session = shareSessions.find(String(body['groupId']), String(body['memberId']));
  const forgotten = (body['forgottenTopicsData'] as readonly { topicId: string; partitions: number[] }[]).flatMap(
    ({ topicId, partitions }) => partitions.map((partition) => `${topicId}:${partition}`),
  );
  return (session?.partitions ?? [])
    .filter(({ topicId, partition }) => !forgotten.includes(`${topicId}:${partition}`))
    .map(({ topicId, partition }) => ({ element: { topicId }, partition }));
}
