/** Requests as a program sees them, and which of them a filter means. */
import { apiName, type ApiName } from '../../../protocol/apis.ts';
import type { AnyApiHandler, BrokerServices, RequestContext } from '../../handlers/types.ts';
import { type IsMeant, type Message, partitionOf, pathOf } from './error-answer.ts';
import { ERROR_SHAPES, type ErrorShape } from './error-shapes.ts';
import type { SessionPart } from './sessions.ts';
import type { ApiPattern, BrokerRequest, RequestFilter } from './types.ts';

const NO_SHAPE: ErrorShape = {};

export function shapeOf(api: ApiName): ErrorShape {
  return ERROR_SHAPES[api] ?? NO_SHAPE;
}

export function requestOf(api: AnyApiHandler, context: RequestContext, body: unknown): BrokerRequest {
  const { apiVersion: version, clientId, connection } = context;
  return { api: apiName(api.apiKey) as ApiName, version, clientId, connection: connection.id, body: body as Message };
}

export function isOf(pattern: ApiPattern, api: ApiName): boolean {
  return pattern === '*' || pattern === api || (Array.isArray(pattern) && pattern.includes(api));
}

/** Fields that hold the ids of groups. */
function groupsOf({ groupId, groups, groupIds, groupsNames, coordinatorKeys, key }: Message): unknown[] {
  const lists = [groups, groupIds, groupsNames, coordinatorKeys].filter((list) => Array.isArray(list)).flat();
  return [groupId, key, ...lists.map((group) => (group as Message | null)?.['groupId'] ?? group)];
}

function transactionalIdsOf(body: Message): unknown[] {
  const { transactionalId, v3AndBelowTransactionalId, transactions, transactionalIds, coordinatorKeys, key } = body;
  const lists = [transactions, transactionalIds, coordinatorKeys].filter((list) => Array.isArray(list)).flat();
  const named = lists.map((one) => (one as Message | null)?.['transactionalId'] ?? one);
  return [transactionalId, v3AndBelowTransactionalId, key, ...named];
}

/** Whether an element of a request, which names a topic by name or by id, means the filter's topic and partition. */
export function topicFilter(services: BrokerServices, { topic, partition }: RequestFilter): IsMeant {
  return (element, index) => {
    if (topic !== undefined) {
      const id = element['topicId'];
      const byId = typeof id === 'string' ? services.metadata.topicById(id)?.name : undefined;
      const name = byId ?? element['name'] ?? element['topic'] ?? element['topicName'];
      if (name !== topic) return false;
    }
    return partition === undefined || index === undefined || index === partition;
  };
}

/** Whether the request names a topic and partition that `isMeant`. */
function namesTopic(request: BrokerRequest, isMeant: IsMeant): boolean {
  const path = pathOf(shapeOf(request.api), request.body);
  const [outer, inner] = path ?? [];
  if (outer === undefined) return false;
  const topics = request.body[outer.from];
  if (topics === null && request.api === 'Metadata') return true; // all of them
  if (!Array.isArray(topics)) return false;
  return (topics as unknown[]).some((element) => {
    const topic = (typeof element === 'string' ? { name: element } : element) as Message;
    const partitions = inner === undefined ? undefined : topic[inner.from];
    if (!Array.isArray(partitions)) return isMeant(topic, undefined);
    return (partitions as unknown[]).some((one) => isMeant(topic, partitionOf(one)));
  });
}

/** Whether the filter means the request; `topics` are those of its fetch session, beside those that it names. */
export function isMeant(
  services: BrokerServices,
  request: BrokerRequest,
  filter: RequestFilter,
  topics: readonly SessionPart[],
): boolean {
  const { topic, partition, group, transactionalId, clientId, when } = filter;
  if (clientId !== undefined && request.clientId !== clientId) return false;
  if (group !== undefined && !groupsOf(request.body).includes(group)) return false;
  if (transactionalId !== undefined && !transactionalIdsOf(request.body).includes(transactionalId)) return false;
  if (topic !== undefined || partition !== undefined) {
    const isTopicMeant = topicFilter(services, filter);
    const inSession = topics.some(({ element, partition: index }) => isTopicMeant(element, index));
    if (!inSession && !namesTopic(request, isTopicMeant)) return false;
  }
  return when === undefined || when(request);
}
