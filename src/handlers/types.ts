/** What a handler gets and gives back. Handlers translate between wire messages and the domain, nothing more. */
import type { Counted } from '../base/counted.ts';
import type { Clock } from '../base/clock.ts';
import type { Deadlines } from '../base/deadlines.ts';
import type { Effort } from '../base/effort.ts';
import type { Lazy } from '../base/lazy.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { GroupCoordinator } from '../coordinator/group/coordinator.ts';
import type { TransactionCoordinator } from '../coordinator/transaction/coordinator.ts';
import type { LocalMarkers } from '../coordinator/transaction/local-markers.ts';
import type { ShareCoordinator } from '../coordinator/share/coordinator.ts';
import type { FeatureLevels } from '../metadata/feature-levels.ts';
import type { MetadataStore } from '../metadata/types.ts';
import type { PartitionManager } from '../partition/types.ts';
import type { AclStore } from '../security/acls/stored-acls.ts';
import type { Authorizer } from '../security/authorizer.ts';
import type { AppliedQuotas } from '../security/quotas/client-quotas.ts';
import type { Quotas } from '../security/quotas/quotas.ts';
import type { Denials } from '../security/denials.ts';
import type { Session } from '../security/session.ts';
import type { DelegationTokens } from '../security/tokens/delegation-tokens.ts';
import type { TlsControl } from '../security/tls/types.ts';
import type { ShareSessions } from '../share/sessions.ts';
import type { SharePartitions } from '../share/share-partitions.ts';
import type { LogEngine } from '../storage/types.ts';
import type { ClientTelemetry } from '../telemetry/client-telemetry.ts';
import { apiInfo, type ApiListener } from '../../protocol/apis.ts';
import type { Reader } from '../../protocol/reader.ts';
import type { Writer } from '../../protocol/writer.ts';
import type { FetchSessions } from './fetch/sessions.ts';

/** The connection a request came in on. */
export interface ConnectionInfo {
  readonly id: number;
  readonly listenerName: string;
  /** Of its listener: whom the client takes this node for. */
  readonly endpointType: ApiListener;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** Address and port the client connected to. */
  readonly localHost: string;
  readonly localPort: number;
  /** Who is at its other end. */
  readonly session: Session;
  /** From ApiVersions v3+, or null. */
  clientSoftwareName: string | null;
  clientSoftwareVersion: string | null;
  /** Fetches without a session so far: where in its partitions the next one begins. */
  fetchTurns: number;
  /** The quotas that were found for its last request. */
  quotas: AppliedQuotas | null;
  /** Starts no further request, and closes when those that were started are answered. */
  endAfterAnswer(): void;
  /** Starts no further request for `forMs`, as who is over a quota is slowed down (KIP-219); the longest asked for counts. */
  mute(forMs: number): void;
  /** Calls back when the connection closes; gives the function that stops it. */
  onClose(callback: () => void): () => void;
}

export interface Endpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** Everything a handler may use. */
export interface BrokerServices {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Null: everybody may do everything. */
  readonly authorizer: Authorizer | null;
  /** The ACLs of that, or null where it has none. */
  readonly acls: AclStore | null;
  /** TLS of listeners; null: none has it. */
  readonly tls: TlsControl | null;
  /** Is told of what is asked for without a right. */
  readonly denials: Denials;
  /** Null: there are none, and none are made. */
  readonly tokens: DelegationTokens | null;
  readonly quotas: Quotas;
  readonly metadata: MetadataStore;
  readonly features: FeatureLevels;
  readonly partitions: PartitionManager;
  readonly engine: LogEngine;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  /** Writes transaction markers into partitions. */
  readonly markers: LocalMarkers;
  readonly shareStates: ShareCoordinator;
  readonly sharePartitions: SharePartitions;
  readonly shareSessions: ShareSessions;
  readonly fetchSessions: FetchSessions;
  /** What clients push (KIP-714), and are to push. */
  readonly clientTelemetry: Lazy<ClientTelemetry>;
  /** Of the commits that requests wait for. */
  readonly commitDeadlines: Deadlines;
  /** Address that a listener advertises to this connection: its own listener's, or that of another one by name. */
  endpointFor(connection: ConnectionInfo, listenerName?: string): Endpoint;
  /** Names of controllers' listeners that are open. */
  controllerListeners(): readonly string[];
  /** Data directory as shown by DescribeLogDirs, absolute. */
  readonly logDir: string;
  /** Total and usable bytes of the volume, or -1. */
  diskSpace(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }>;
}

export interface RequestContext {
  readonly services: BrokerServices;
  readonly connection: ConnectionInfo;
  readonly apiVersion: number;
  readonly clientId: string | null;
  /** Keeps the request's bytes alive; retain it to keep any of them past the response. */
  readonly frame: Counted;
  /** Counts what the request takes in later turns; null: nobody wants to know. */
  readonly effort: Effort | null;
}

/**
 * A response that comes later although the request has taken effect already: the connection goes on with its next
 * request meanwhile. Only Produce answers so. Null: no response is sent.
 */
export class Pipelined<T> {
  readonly response: Promise<T | null>;
  /** It will be null. */
  readonly isSilent: boolean;
  constructor(response: Promise<T | null>, isSilent = false) {
    this.response = response;
    this.isSilent = isSilent;
  }
}

/** Null: no response is sent (Produce with acks=0). */
export type HandlerResult<T> = T | null | Promise<T | null | Pipelined<T>> | Pipelined<T>;

/** Thrown by a handler to make the connection close without an answer, as Kafka does. */
export class CloseConnection extends Error {}

/** One API: codec, version range and behaviour. `Request` as read, `Response` as the codec's writer takes it. */
export interface ApiHandler<Request, Response> {
  readonly apiKey: number;
  /** Inclusive range served; what lies outside closes the connection. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The version after that, where it is not final: served and shown with `unstable.api.versions.enable` only. */
  readonly unstableVersion?: number;
  /** Least version shown in ApiVersions, where it differs from the one served (Produce shows 0). */
  readonly advertisedMinVersion?: number;
  /** Whether ApiVersions shows it; left out: it does. */
  readonly isShown?: (config: BrokerConfig) => boolean;
  /** Listeners that serve it, where these are not those of Kafka. */
  readonly endpointTypes?: readonly ApiListener[];
  readRequest(reader: Reader, version: number): Request;
  writeResponse(writer: Writer, response: Response, version: number): void;
  handle(context: RequestContext, request: Request): HandlerResult<Response>;
  /** Releases what a response holds when it is dropped instead of sent; of a sent one, the sender releases the parts. */
  releaseResponse?(response: Response): void;
}

/** A handler whose message types are forgotten, as the dispatcher keeps it. */
export type AnyApiHandler = ApiHandler<unknown, unknown>;

/** What is known of an API without its code. */
export type ApiRange = Pick<
  AnyApiHandler,
  'apiKey' | 'minVersion' | 'maxVersion' | 'unstableVersion' | 'advertisedMinVersion' | 'isShown' | 'endpointTypes'
>;

/** Whether listeners of this type serve an API. */
export function isServedAt({ apiKey, endpointTypes }: ApiRange, type: ApiListener): boolean {
  return (endpointTypes ?? apiInfo.get(apiKey)?.listeners ?? []).includes(type);
}

/** The newest version of an API that is served with these settings. */
export function newestVersion({ maxVersion, unstableVersion }: ApiRange, config: BrokerConfig): number {
  return unstableVersion !== undefined && config.bool('unstable.api.versions.enable') ? unstableVersion : maxVersion;
}

/** An API whose code is loaded when the first request for it comes. */
export interface ListedApi extends ApiRange {
  load(): Promise<AnyApiHandler>;
}

/** Keeps a handler's types together while forgetting them for the table. */
export function handler<Request, Response>(api: ApiHandler<Request, Response>): AnyApiHandler {
  return api as AnyApiHandler;
}
