/**
 * What a client said to the broker while it ran through the scenarios, for the table in docs/compatibility.md: with
 * WALKA_CONFORMANCE_RESULTS=DIR each client's requests pass a recording proxy, and DIR/CLIENT.json says which versions of
 * which APIs it used and what became of each scenario. `npm run docs:compatibility` does that.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiKey } from '../../protocol/apis.ts';
import { readApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readRequestHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import type { BrokerProcess } from '../support/broker-process.ts';
import { claimPort, type PortClaim } from '../support/port-claims.ts';
import { type Exchange, startRecordingProxy } from '../support/recording-proxy.ts';

const directory = process.env['WALKA_CONFORMANCE_RESULTS'];
/** The first version that says which client it is. */
const NAMED_SINCE = 3;

export type Outcome = 'ok' | 'failed' | 'unsupported';

export interface ClientResult {
  readonly client: string;
  /** True: of another age, and not what is there of it today. */
  readonly former?: boolean;
  /** As it calls itself, with its version; null: it does not say. */
  readonly software: string | null;
  readonly scenarios: Record<string, Outcome>;
  /** Versions that it used, ascending, by the API's name. */
  readonly apis: Record<string, number[]>;
}

function softwareOf({ apiVersion, request }: Exchange): string {
  const reader = new Reader(request);
  readRequestHeader(reader);
  const { clientSoftwareName, clientSoftwareVersion } = readApiVersionsRequest(reader, apiVersion);
  return `${clientSoftwareName} ${clientSoftwareVersion}`;
}

/** Stands between a client and its broker; writes down what it saw when it is disposed. */
export class Observation implements AsyncDisposable {
  readonly #client: string;
  readonly #isFormer: boolean;
  readonly #port: PortClaim;
  readonly #versions = new Map<string, Set<number>>();
  readonly #scenarios: Record<string, Outcome> = {};
  #software: string | null = null;
  #proxy: AsyncDisposable | null = null;

  private constructor(client: string, isFormer: boolean, port: PortClaim) {
    this.#client = client;
    this.#isFormer = isFormer;
    this.#port = port;
  }

  /** Null unless it is asked for. */
  static async begin(client: string, isFormer: boolean): Promise<Observation | null> {
    return directory === undefined ? null : new Observation(client, isFormer, await claimPort());
  }

  /** What clients are to connect to. */
  get bootstrap(): string {
    return `127.0.0.1:${this.#port.port}`;
  }

  /** Settings with which the broker sends clients here. */
  get settings(): Readonly<Record<string, string>> {
    return { 'advertised.listeners': `PLAINTEXT://${this.bootstrap}` };
  }

  async watch(broker: BrokerProcess): Promise<void> {
    const names = Object.fromEntries(Object.entries(ApiKey).map(([name, key]) => [key, name]));
    this.#proxy = await startRecordingProxy(this.#port.port, broker.port, (exchange) => {
      const { apiKey, apiVersion } = exchange;
      const name = names[apiKey] ?? String(apiKey);
      this.#versions.set(name, (this.#versions.get(name) ?? new Set()).add(apiVersion));
      if (apiKey === ApiKey.ApiVersions && apiVersion >= NAMED_SINCE) this.#software ??= softwareOf(exchange);
    });
  }

  note(scenario: string, outcome: Outcome): void {
    this.#scenarios[scenario] = outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy?.[Symbol.asyncDispose]();
    await this.#port[Symbol.asyncDispose]();
    const sorted = [...this.#versions].sort(([a], [b]) => (a < b ? -1 : 1));
    const result: ClientResult = {
      client: this.#client,
      ...(this.#isFormer && { former: true }),
      software: this.#software,
      scenarios: this.#scenarios,
      apis: Object.fromEntries(sorted.map(([name, versions]) => [name, [...versions].sort((a, b) => a - b)])),
    };
    const folder = directory ?? '';
    mkdirSync(folder, { recursive: true });
    const file = `${this.#client
      .replaceAll(/[^a-z0-9]+/gi, '-')
      .replaceAll(/^-|-$/g, '')
      .toLowerCase()}.json`;
    writeFileSync(join(folder, file), `${JSON.stringify(result, null, 1)}\n`);
  }
}
