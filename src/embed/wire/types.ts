/** What a program says to record and replay, and gets. */
import type { ApiName } from '../../../protocol/apis.ts';

export interface RecordOptions {
  /** Only requests with this client id, and their answers. */
  readonly clientId?: string | undefined;
}

/** A recording under way. `await using`, `stop` or the broker's `close` ends it. */
export interface Recording extends AsyncDisposable {
  readonly file: string;
  /** Resolves when all that was said is in the file. Idempotent. @throws the system's error, when it could not be written */
  stop(): Promise<void>;
}

export interface ReplayOptions {
  /** Where the broker is that answers this time: `host:port`. */
  readonly bootstrapServers: string;
  /**
   * How to connect and log in, by the settings of a Kafka client: `security.protocol`, `ssl.…`, `sasl.…`. Default: neither
   * TLS nor a login. Logins of the recording are left out; each connection logs in with this.
   */
  readonly clientConfig?: Readonly<Record<string, string>> | undefined;
  /** Fields that are not compared, beside those that differ by nature (docs/testing.md). */
  readonly ignore?: readonly string[] | undefined;
  /** True: no request goes out earlier than it did in the recording. Default: as fast as the broker answers. */
  readonly paced?: boolean | undefined;
  /** Longest wait for a connection or an answer in ms, default 30,000. */
  readonly timeout?: number | undefined;
}

/** Where an answer says something else than the one in the recording. */
export interface Difference {
  /** Of the recorded answer in the file. */
  readonly order: number;
  readonly connection: number;
  readonly api: ApiName;
  readonly version: number;
  readonly correlationId: number;
  /** Such as `responses[orders].partitionResponses[0].errorCode`; empty: the answer as a whole. */
  readonly field: string;
  /** Errors by their names, bytes as text or base64; undefined: there is none. */
  readonly recorded: unknown;
  readonly replayed: unknown;
}
