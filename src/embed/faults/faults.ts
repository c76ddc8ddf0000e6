/**
 * The faults in force, in the order in which they were asked for: each request goes through those that mean it, and then
 * to its handler. While there are none, and nobody watches requests, the broker does not know of this file.
 */
import { ApiKey, type ApiName } from '../../../protocol/apis.ts';
import { didYouMean } from '../../config/nearest.ts';
import type { AnyApiHandler, BrokerServices, HandlerResult, RequestContext } from '../../handlers/types.ts';
import type { Intercept } from '../../server/dispatch.ts';
import { checkText, isCount, shown } from '../arguments.ts';
import type { Message } from './error-answer.ts';
import { tellUncaught } from './program-error.ts';
import { isMeant, isOf, requestOf, shapeOf } from './requests.ts';
import { sessionParts } from './sessions.ts';
import type { ApiPattern, BrokerRequest, Fault, FaultOptions } from './types.ts';

/** A request on its way. */
export interface Call {
  readonly api: AnyApiHandler;
  readonly context: RequestContext;
  readonly request: BrokerRequest;
}

/** What comes behind a fault: others, and the handler at last. */
export type Next = (body: Message) => HandlerResult<unknown>;

/** What a fault does with a request. */
export type Act = (call: Call, next: Next, options: FaultOptions) => HandlerResult<unknown>;

interface Rule {
  /** How it was asked for. */
  readonly what: string;
  readonly pattern: ApiPattern;
  readonly options: FaultOptions;
  readonly act: Act;
  left: number;
  hits: number;
  readonly hit: PromiseWithResolvers<BrokerRequest>;
}

const NO_TOPICS: readonly never[] = [];
/** Options that are text. */
const TEXTS = ['topic', 'group', 'transactionalId', 'clientId'] as const;
const OPTIONS: readonly string[] = [...TEXTS, 'partition', 'when', 'times'];

export interface FaultsOptions {
  readonly services: BrokerServices;
  readonly intercept: (intercept: Intercept | null) => void;
  /** Told of every request, while somebody is there to be told. */
  readonly onRequest: (request: BrokerRequest) => void;
}

export class Faults {
  readonly #options: FaultsOptions;
  #rules: Rule[] = [];
  #isWatched = false;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** Whether somebody wants to be told of requests. */
  set isWatched(isWatched: boolean) {
    this.#isWatched = isWatched;
    this.#install();
  }

  /** `more` are the options that this kind of fault has beside the common ones. @throws TypeError, RangeError */
  add(what: string, pattern: ApiPattern, options: FaultOptions, more: readonly string[], act: Act): Fault {
    checkFault(what, pattern, options, more);
    const { times = 1 } = options;
    const rule: Rule = { what, pattern, options, act, left: times, hits: 0, hit: Promise.withResolvers() };
    // Who does not wait for it is not told that it never came.
    rule.hit.promise.catch(() => undefined);
    this.#rules.push(rule);
    this.#install();
    const remove = (): void => this.#remove(rule);
    return {
      get hits() {
        return rule.hits;
      },
      hit: rule.hit.promise,
      remove,
      [Symbol.dispose]: remove,
    };
  }

  /** Ends all faults. */
  clear(): void {
    const ended = this.#rules;
    this.#rules = [];
    this.#install();
    for (const rule of ended) end(rule);
  }

  #remove(rule: Rule): void {
    this.#rules = this.#rules.filter((other) => other !== rule);
    this.#install();
    end(rule);
  }

  #install(): void {
    const isNeeded = this.#isWatched || this.#rules.length > 0;
    this.#options.intercept(isNeeded ? (api, context, body) => this.#serve(api, context, body) : null);
  }

  #serve(api: AnyApiHandler, context: RequestContext, body: unknown): HandlerResult<unknown> {
    const request = requestOf(api, context, body);
    if (this.#isWatched) this.#tell(request);
    // A fault that ends, or is new, while the request waits in another is none of its business.
    return this.#through(this.#rules, { api, context, request });
  }

  #tell(request: BrokerRequest): void {
    try {
      this.#options.onRequest(request);
    } catch (error) {
      tellUncaught(error);
    }
  }

  #through(rules: readonly Rule[], call: Call): HandlerResult<unknown> {
    const at = rules.findIndex((rule) => rule.left > 0 && this.#means(rule, call));
    const rule = rules[at];
    if (rule === undefined) return call.api.handle(call.context, call.request.body);
    rule.left -= 1;
    rule.hits += 1;
    rule.hit.resolve(call.request);
    if (rule.left === 0) this.#remove(rule);
    const next: Next = (body) => this.#through(rules.slice(at + 1), { ...call, request: { ...call.request, body } });
    return rule.act(call, next, rule.options);
  }

  #means({ pattern, options }: Rule, { request }: Call): boolean {
    if (!isOf(pattern, request.api)) return false;
    const { services } = this.#options;
    const isForSome = (options.topic ?? options.partition) !== undefined;
    try {
      return isMeant(services, request, options, isForSome ? sessionParts(services, request) : NO_TOPICS);
    } catch (error) {
      tellUncaught(error); // of the program's `when`
      return false;
    }
  }
}

/** Whoever still waits for its first request learns that none will come. */
function end({ what, pattern, hit }: Rule): void {
  const apis = typeof pattern === 'string' ? pattern : pattern.join(', ');
  hit.reject(new Error(`${what} of ${apis}: it ended before a request met it`));
}

/** @throws TypeError, RangeError */
function checkFault(what: string, pattern: ApiPattern, options: FaultOptions, more: readonly string[]): void {
  const apis = (typeof pattern === 'string' ? [pattern] : pattern) as readonly (ApiName | '*')[];
  if (!Array.isArray(apis) || apis.length === 0) {
    throw new TypeError(`${what}: an API is a name of Kafka's, a list of them, or '*', not ${shown(pattern)}`);
  }
  for (const api of apis) {
    if (api === '*' || Object.hasOwn(ApiKey, api)) continue;
    throw new TypeError(`${what}: there is no API ${String(api)}${didYouMean(String(api), Object.keys(ApiKey))}`);
  }
  const known = [...OPTIONS, ...more];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${what}: unknown option ${unknown}${didYouMean(unknown, known)}`);
  const { times = 1, topic, partition, when } = options;
  for (const name of TEXTS) if (options[name] !== undefined) checkText(`${what}: ${name}`, options[name]);
  if (partition !== undefined && !isCount(partition)) {
    throw new RangeError(`${what}: a partition is a whole number from 0 on, not ${shown(partition)}`);
  }
  if (when !== undefined && typeof when !== 'function') {
    throw new TypeError(`${what}: when is a function of the request, not ${shown(when)}`);
  }
  if (!(times === Infinity || (Number.isSafeInteger(times) && times >= 1))) {
    throw new RangeError(`${what}: times is a whole number from 1 on, or Infinity, not ${String(times)}`);
  }
  const withoutTopics = apis.find((api) => api !== '*' && shapeOf(api).namesTopics !== true);
  if ((topic ?? partition) !== undefined && withoutTopics !== undefined) {
    throw new TypeError(`${what}: a request of ${withoutTopics} names no topics`);
  }
}
