/** A server over real sockets, with handlers made for the purpose. */
import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { createSecureContext } from 'node:tls';
import type { Reader } from '../../protocol/reader.ts';
import type { Writer } from '../../protocol/writer.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { SlabPool } from '../../src/base/slabs.ts';
import { plainSlice, type Part, type Slice } from '../../src/base/counted.ts';
import { PartList } from '../../src/base/part-list.ts';
import { apiVersionsHandler } from '../../src/handlers/api-versions.ts';
import { saslAuthenticateHandler } from '../../src/handlers/sasl-authenticate.ts';
import { saslHandshakeHandler } from '../../src/handlers/sasl-handshake.ts';
import {
  type AnyApiHandler,
  CloseConnection,
  type ConnectionInfo,
  handler,
  type ListedApi,
  Pipelined,
} from '../../src/handlers/types.ts';
import { ServerCounters } from '../../src/metrics/counters.ts';
import { OpenSession, type Session } from '../../src/security/session.ts';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/limits.ts';
import { Server } from '../../src/server/server.ts';
import type { TlsListener } from '../../src/security/tls/types.ts';
import { ANONYMOUS } from '../../src/security/principal.ts';
import { Authority } from '../support/certificates.ts';
import { openTestServices } from '../support/test-services.ts';
import { requestFrame, WireClient } from '../support/wire-client.ts';

export const ECHO = 3;
const PRODUCE = 0;
export const BIG = 1;
/** An API whose code never comes. */
export const LATE = 22;
/** An API that reads nothing of its request and waits until its client leaves. */
export const WAIT = 2;

export interface Rig {
  readonly server: Server;
  readonly pool: SlabPool;
  readonly counters: ServerCounters;
  readonly started: string[];
  /** How many of them there were when each fetch started, which are not among them. */
  readonly fetchedAfter: number[];
  readonly clock: ManualClock;
  /** Of the echo requests, in order. */
  readonly connections: ConnectionInfo[];
  /** What was committed and stays in memory until that is needed; null: nothing does. */
  cached: Slice[] | null;
  /** Answers the produce request with that text. */
  commit(text: string): void;
  /** Lets the echo or produce request whose text starts with `slow` go on. One with `slow wait` ends when its client leaves. */
  finish(text: string): void;
}

const cleanups: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  gate.opened = Promise.resolve();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const text = (reader: Reader): string => reader.raw(reader.remaining).toString();
const write = (writer: Writer, response: string): void => writer.raw(Buffer.from(response));

interface Secure {
  readonly listener: TlsListener;
  readonly ca: string;
}

/** Null: connections have no TLS. */
let secure: Secure | null = null;

/** From now on rigs have TLS, and so have their clients. */
export async function useTls(): Promise<void> {
  const authority = await Authority.create();
  const { chain, key } = await authority.issue();
  const context = createSecureContext({ cert: chain, key });
  const listener: TlsListener = {
    clientAuth: 'none',
    hasServerNames: false,
    context: () => context,
    principal: () => ANONYMOUS,
  };
  secure = { listener, ca: authority.certificate };
}

export const isSecure = (): boolean => secure !== null;

export async function startRig(
  limits: Partial<ServerLimits> = {},
  plainSockets = false,
  budgetBytes = 64 * 1024 * 1024,
  openSession: () => Session = () => new OpenSession(),
): Promise<Rig> {
  const clock = new ManualClock();
  const pool = new SlabPool({ budgetBytes, debug: true });
  const counters = new ServerCounters();
  const started: string[] = [];
  const fetchedAfter: number[] = [];
  const connections: ConnectionInfo[] = [];
  const commits = new Map<string, (response: string) => void>();
  const slow = new Map<string, (response: string) => void>();
  const common = { minVersion: 0, maxVersion: 1, readRequest: text, writeResponse: write };
  const handlers: AnyApiHandler[] = [
    apiVersionsHandler(() => handlers),
    saslHandshakeHandler,
    saslAuthenticateHandler,
    handler<string, string>({
      ...common,
      apiKey: ECHO,
      handle({ connection }, request) {
        started.push(request.slice(0, 20));
        connections.push(connection);
        if (request === 'close') throw new CloseConnection('asked to');
        if (request.startsWith('mute ')) connection.mute(Number(request.slice('mute '.length)));
        if (request === 'crash') throw new Error('a bug');
        if (request === 'reject') return Promise.reject(new Error('a later bug'));
        if (!request.startsWith('slow')) return request;
        return new Promise((resolve) => {
          slow.set(request, resolve);
          if (request.startsWith('slow wait')) connection.onClose(() => resolve(null));
        });
      },
    }),
    handler<string, string>({
      ...common,
      apiKey: PRODUCE,
      handle({ frame }, request) {
        started.push(request.slice(0, 20));
        if (request === 'silent') return null;
        if (request.startsWith('slow')) return new Promise((resolve) => void slow.set(request, resolve));
        frame.retain();
        return new Pipelined(
          new Promise((resolve) =>
            commits.set(request.slice(0, 20), (response) => {
              if (rig.cached === null) frame.release();
              else rig.cached.push({ bytes: Buffer.alloc(0), owner: frame });
              resolve(response);
            }),
          ),
        );
      },
    }),
    handler<null, null>({
      ...common,
      apiKey: WAIT,
      readRequest: () => null,
      writeResponse() {},
      handle({ connection }) {
        started.push('waiting');
        return new Promise((resolve) => void connection.onClose(() => resolve(null)));
      },
    }),
    handler<number, PartList>({
      ...common,
      apiKey: BIG,
      readRequest: (reader) => reader.int32(),
      writeResponse: (writer, list) => writer.raw(list),
      handle(_, megabytes) {
        fetchedAfter.push(started.length);
        if (megabytes >= 0) return new PartList(Array.from({ length: megabytes }, (_, i) => bigPart(counts, i)));
        return new PartList([bigPart(counts, 0), badParts[-1 - megabytes] as Part, bigPart(counts, 2)]);
      },
      releaseResponse: (list) => list.releaseAll(),
    }),
  ];
  const late: ListedApi = {
    apiKey: LATE,
    minVersion: 0,
    maxVersion: 1,
    load() {
      started.push('loading');
      return new Promise(() => {});
    },
  };
  const opened = await openTestServices({ clock });
  cleanups.push(async () => opened[Symbol.asyncDispose]());
  const server = await Server.open(
    {
      services: opened.services,
      handlers: [...handlers, late],
      pool,
      counters,
      limits: { ...DEFAULT_LIMITS, ...limits },
      plainSockets,
      openSession,
      ...(secure && { tls: new Map([['PLAINTEXT', secure.listener]]) }),
    },
    [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 0 }],
  );
  cleanups.push(() => server.destroy());
  const rig: Rig = {
    server,
    pool,
    counters,
    started,
    fetchedAfter,
    connections,
    clock,
    cached: null,
    commit: (key) => callWaiting(commits, key),
    finish: (key) => callWaiting(slow, key),
  };
  pool.onPressure(() => {
    const oldest = rig.cached?.shift();
    oldest?.owner.release();
    return oldest === undefined ? 0 : 1;
  });
  return rig;
}

function callWaiting(waiting: Map<string, (response: string) => void>, key: string): void {
  const resolve = waiting.get(key);
  assert.ok(resolve, `${key} is not waiting`);
  waiting.delete(key);
  resolve(key);
}

export const counts = { loaded: 0, held: 0 };
/** What parts wait for while they are loaded. */
export const gate: { opened: Promise<void> } = { opened: Promise.resolve() };

function bigPart(
  of: typeof counts,
  fill: number,
): {
  byteLength: number;
  load(): Promise<readonly Slice[]>;
  release(): void;
} {
  of.held += 1;
  return {
    byteLength: 1024 * 1024,
    async load() {
      of.loaded += 1;
      await gate.opened;
      const owner = { retain() {}, release: () => void (of.held -= 1) };
      of.held += 1;
      return [{ bytes: Buffer.alloc(1024 * 1024, fill), owner }];
    },
    release: () => void (of.held -= 1),
  };
}

const badPart = (load: Part['load']): Part => ({ byteLength: 1000, load, release() {} });

/** Parts that cannot be sent as promised: asked for with -1, -2 and so on. */
export const badParts: readonly Part[] = [
  badPart(() => Promise.reject(new Error('cannot be read'))),
  badPart(() => {
    throw new Error('cannot be read');
  }),
  badPart(() => [plainSlice(Buffer.alloc(999))]),
  badPart(() => Promise.resolve([plainSlice(Buffer.alloc(1001))])),
];

export function client(rig: Rig): Promise<WireClient> {
  return connect(rig.server, secure);
}

/** A client of a server with one listener. @param tls of that listener, or null */
export async function connect(server: Server, tls: Secure | null = null): Promise<WireClient> {
  const port = server.listeners[0]?.port ?? 0;
  const opened = await (tls === null
    ? WireClient.open(port)
    : WireClient.openSecure(port, { ca: tls.ca, servername: 'localhost' }));
  cleanups.push(() => opened.close());
  return opened;
}

export const echo = (correlationId: number, body: string): Buffer =>
  requestFrame(ECHO, 0, correlationId, Buffer.from(body));
export const produce = (correlationId: number, body: string): Buffer =>
  requestFrame(PRODUCE, 0, correlationId, Buffer.from(body));

export async function answer(from: WireClient): Promise<string | null> {
  const frame = await from.next();
  return frame === null ? null : `${frame.readInt32BE(0)}:${frame.subarray(4).toString()}`;
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
