/** The answer to a request that failed, of the shape that its API and version have; and one that failed in parts. */
import { errorText } from '../../../protocol/errors.ts';
import type { ErrorShape, ListPath, ListStep } from './error-shapes.ts';

/** A request or an answer, or an element of one, by the names of its fields. */
export type Message = Readonly<Record<string, unknown>>;

export interface InjectedError {
  readonly code: number;
  /** Default: the text of the code. */
  readonly message?: string | undefined;
}

/** What names an element in requests and answers alike. */
const IDENTITY: readonly string[] = [
  'name',
  'topic',
  'topicName',
  'topicId',
  'index',
  'partition',
  'partitionIndex',
  'groupId',
  'transactionalId',
  'producerId',
  'resourceType',
  'resourceName',
  'entity',
];

function list(message: Message, name: string): readonly unknown[] {
  const found = message[name];
  return Array.isArray(found) ? found : [];
}

/** The way that this version of the request goes: the one with something in its list, else the last. */
export function pathOf({ lists = [] }: ErrorShape, request: Message): ListPath | null {
  return lists.find(([first]) => first !== undefined && list(request, first.from).length > 0) ?? lists.at(-1) ?? null;
}

function identityOf(element: unknown, { as = '' }: ListStep): Message {
  if (typeof element !== 'object' || element === null) return { [as]: element };
  const known = Object.fromEntries(Object.entries(element).filter(([name]) => IDENTITY.includes(name)));
  return as === '' ? known : { ...known, [as]: known['name'] };
}

/** The fields of whatever carries the error. */
function errorFields({ messageFrom = 0, also }: ErrorShape, version: number, error: InjectedError): Message {
  const errorMessage = error.message ?? errorText(error.code);
  return { ...also, errorCode: error.code, ...(version >= messageFrom && { errorMessage }) };
}

function elements(request: Message, path: ListPath, leaf: Message): unknown[] {
  const [step, ...deeper] = path as [ListStep, ...ListStep[]];
  const [next] = deeper;
  const found = list(request, step.from);
  if (step.isFlat === true) return found.flatMap((element) => elements(element as Message, deeper, leaf));
  return found.map((element) => {
    const identity = identityOf(element, step);
    if (next === undefined) return { ...identity, ...leaf };
    return { ...identity, [next.to]: elements(element as Message, deeper, leaf) };
  });
}

/** The answer when all of the request failed. */
export function errorAnswer(shape: ErrorShape, version: number, request: Message, error: InjectedError): Message {
  const fields = errorFields(shape, version, error);
  // Whom a member's answer is for; a session that goes on.
  const { memberId, sessionId } = request;
  const same = { ...(typeof memberId === 'string' && { memberId }), ...(sessionId !== undefined && { sessionId }) };
  const top = { ...same, ...fields };
  const path = version >= (shape.topFrom ?? Infinity) ? null : pathOf(shape, request);
  if (path === null) return top;
  const isTopToo = shape.topToo !== undefined && version >= shape.topToo[0] && version <= shape.topToo[1];
  const [{ from, to }] = path as [ListStep];
  // A request that names nothing has no other place for the error.
  const hasTop = isTopToo || (shape.topToo === undefined && list(request, from).length === 0);
  const leaf = shape.code === undefined ? fields : { [shape.code]: error.code };
  return { ...(hasTop ? top : same), [to]: elements(request, path, leaf) };
}

/** Whether an error is meant for a topic and partition; the partition is undefined where the API names topics only. */
export type IsMeant = (topic: Message, partition: number | undefined) => boolean;

/** A request in two parts: what is to fail, and the rest; null for a part that names nothing. */
export interface SplitRequest {
  readonly failing: Message | null;
  readonly rest: Message | null;
}

/** The index of a partition that an element of a request is, or is about. */
export function partitionOf(element: unknown): number {
  if (typeof element === 'number') return element;
  const { index, partition, partitionIndex } = element as Record<string, number>;
  return index ?? partition ?? partitionIndex ?? -1;
}

/** Divides a request whose shape `namesTopics`. */
export function splitRequest(shape: ErrorShape, request: Message, isMeant: IsMeant): SplitRequest {
  const [outer, inner] = pathOf(shape, request) as [ListStep, ListStep?];
  const failing: unknown[] = [];
  const rest: unknown[] = [];
  for (const element of list(request, outer.from)) {
    const topic = (typeof element === 'string' ? { name: element } : element) as Message;
    if (inner === undefined) {
      (isMeant(topic, undefined) ? failing : rest).push(element);
      continue;
    }
    const partitions = list(topic, inner.from);
    const meant = partitions.filter((partition) => isMeant(topic, partitionOf(partition)));
    if (meant.length > 0) failing.push({ ...topic, [inner.from]: meant });
    const others = partitions.filter((partition) => !meant.includes(partition));
    if (others.length > 0) rest.push({ ...topic, [inner.from]: others });
  }
  const part = (topics: unknown[]): Message | null =>
    topics.length === 0 ? null : { ...request, [outer.from]: topics };
  return { failing: part(failing), rest: part(rest) };
}

function isSame(a: Message, b: Message): boolean {
  return ['name', 'topic', 'topicName', 'topicId'].every((key) => a[key] === undefined || a[key] === b[key]);
}

/** The answer to the rest of a request, with the errors of what failed put into it. */
export function mergeAnswers(shape: ErrorShape, request: Message, answer: Message, errors: Message): Message {
  const [outer, inner] = pathOf(shape, request) as [ListStep, ListStep?];
  const merged = [...list(answer, outer.to)] as Message[];
  for (const failed of list(errors, outer.to) as readonly Message[]) {
    const at = inner === undefined ? -1 : merged.findIndex((topic) => isSame(failed, topic));
    const found = merged[at];
    if (inner === undefined || found === undefined) merged.push(failed);
    else merged[at] = { ...found, [inner.to]: [...list(found, inner.to), ...list(failed, inner.to)] };
  }
  return { ...answer, [outer.to]: merged };
}

/** An answer in which `replace` may put another element in the place of those that it is given. */
export function patchAnswer(
  [outer, inner]: ListPath,
  answer: Message,
  replace: (topic: Message, element: Message) => Message,
): Message {
  const { to } = outer as ListStep;
  const topics = (list(answer, to) as readonly Message[]).map((topic) => {
    if (inner === undefined) return replace(topic, topic);
    const partitions = (list(topic, inner.to) as readonly Message[]).map((element) => replace(topic, element));
    return { ...topic, [inner.to]: partitions };
  });
  return { ...answer, [to]: topics };
}
