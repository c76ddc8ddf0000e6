/** One request by HTTP, for what logins need of providers: keys and tokens. Answers are small; redirects are followed. */
import type { IncomingMessage, RequestOptions } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '../base/realms.ts';

export interface HttpRequest {
  /** Default GET. */
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whom to trust, and what to show, where it is https; null: Node's own authorities. */
  readonly tls?: (SecureContextOptions & { readonly checksHost: boolean }) | null;
  /** Longest silence in ms. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number | undefined> = new Set([301, 302, 303, 307, 308]);

/** @throws Error in words for people when there is no answer, or a longer one than is read; as a rejection */
export async function exchangeHttp(url: URL, request: HttpRequest): Promise<HttpAnswer> {
  let place = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await answered(place, request);
    const { location } = answer.headers;
    const isMoved = REDIRECTS.has(answer.statusCode) && location !== undefined && request.method !== 'POST';
    if (!isMoved) return { status: answer.statusCode ?? 0, text: await textOf(answer) };
    answer.destroy();
    const next = new URL(location, place);
    // What was to be secret on the way stays so.
    if (next.protocol !== place.protocol)
      throw new Error(`it is said to be at another kind of address, ${next.origin}`);
    place = next;
  }
  throw new Error('it is said to be somewhere else again and again');
}

/** @throws Error in words for people, as a rejection */
async function answered(url: URL, { method = 'GET', headers, body, tls, timeoutMs }: HttpRequest) {
  const isSecure = url.protocol === 'https:';
  const { checksHost = true, ...context } = tls ?? {};
  const options: RequestOptions & Record<string, unknown> = {
    method,
    headers: { accept: 'application/json', ...headers, ...(body && { 'content-length': Buffer.byteLength(body) }) },
    agent: false,
    timeout: timeoutMs,
    ...(isSecure && { ...context, ...(!checksHost && { checkServerIdentity: () => undefined }) }),
  };
  const { request } = isSecure ? await import('node:https') : await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = request(url, options, resolve);
  outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`)));
  outgoing.on('error', (error) => reject(new Error(messageOf(error), { cause: error })));
  outgoing.end(body);
  return promise;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if ((length += chunk.length) > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
  }
  return Buffer.concat(chunks).toString('utf8');
}
