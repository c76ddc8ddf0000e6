/**
 * What becomes of GetTelemetrySubscriptions and PushTelemetry (KIP-714), by the rules that Kafka was seen to keep:
 *
 * - A client instance may ask once an interval, and push once an interval or once after it asked. After an unknown
 *   subscription or codec it may ask again at once.
 * - A push that says it is the last ends the instance, however it was answered; it is taken at any time.
 * - When subscriptions change, each instance begins anew.
 */
import { codecNumbered, decompress } from '../../protocol/compression/codecs.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { ZERO_UUID } from '../../protocol/reader.ts';
import type { Clock } from '../base/clock.ts';
import { Gate } from '../base/gate.ts';
import { headOfText } from '../base/head-of-text.ts';
import type { Logger } from '../base/logger.ts';
import { type Random, randomUuid } from '../base/random.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { MetadataStore } from '../metadata/types.ts';
import type { Figure } from '../metrics/figures.ts';
import { ClientInstances, type Instance } from './client-instances.ts';
import { MAX_LABEL_LENGTH, PushedMetrics } from './pushed-metrics.ts';
import { type ClientLabels, subscriptionId, Subscriptions } from './subscriptions.ts';

/** zstd, lz4, gzip, snappy: best first. */
export const ACCEPTED_CODECS: readonly number[] = [4, 3, 1, 2];
const NO_COMPRESSION = 0;
/** Ids that no instance can push with; Kafka keeps the second one for itself, too. */
const RESERVED_IDS: ReadonlySet<string> = new Set([ZERO_UUID, 'AAAAAAAAAAAAAAAAAAAAAQ']);

export interface ClientTelemetryOptions {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** For what clients cause. */
  readonly logger: Logger;
  readonly metadata: MetadataStore;
  /** Somebody reads the metrics; else pushes are checked and forgotten. */
  readonly isKept: boolean;
}

/** Whose request it is; the label of the instance is added here. */
export interface TelemetryClient {
  readonly instanceId: string;
  readonly labels: ClientLabels;
}

export interface Push extends TelemetryClient {
  readonly subscriptionId: number;
  readonly isTerminating: boolean;
  readonly codec: number;
  /** OTLP MetricsData, compressed. */
  readonly metrics: Buffer;
}

export interface Asked {
  readonly instanceId: string;
  readonly subscriptionId: number;
  readonly intervalMs: number;
  readonly prefixes: readonly string[];
}

export class ClientTelemetry {
  readonly #options: ClientTelemetryOptions;
  readonly #subscriptions: Subscriptions;
  readonly #instances: ClientInstances;
  readonly pushed: PushedMetrics;
  /** What one push stands for is in memory at a time, expanded and read. */
  readonly #reading = new Gate(1);

  constructor(options: ClientTelemetryOptions) {
    const { config, clock, metadata, logger } = options;
    this.#options = options;
    this.#subscriptions = new Subscriptions(metadata, logger);
    this.pushed = new PushedMetrics(() => config.int('walka.metrics.max.series'));
    this.#instances = new ClientInstances(clock, (instanceId) => this.pushed.forget(instanceId));
  }

  /** Instances that are known. */
  get instanceCount(): number {
    return this.#instances.count;
  }

  /** What the client is to push. @throws KafkaError THROTTLING_QUOTA_EXCEEDED */
  ask(client: TelemetryClient): Asked {
    const instanceId = client.instanceId === ZERO_UUID ? randomUuid(this.#options.random) : client.instanceId;
    const instance = this.#instanceOf({ ...client, instanceId });
    end(instance, instance.mayAsk(this.#nowMs) ? ErrorCode.NONE : ErrorCode.THROTTLING_QUOTA_EXCEEDED);
    const { intervalMs, prefixes } = instance.wanted;
    return { instanceId, subscriptionId: instance.subscriptionId, intervalMs, prefixes };
  }

  /**
   * Takes what a client pushed.
   * @throws KafkaError INVALID_REQUEST, THROTTLING_QUOTA_EXCEEDED, UNKNOWN_SUBSCRIPTION_ID, UNSUPPORTED_COMPRESSION_TYPE,
   *   TELEMETRY_TOO_LARGE, INVALID_RECORD; as a rejection
   */
  async push(push: Push): Promise<void> {
    if (RESERVED_IDS.has(push.instanceId)) {
      throw new KafkaError(ErrorCode.INVALID_REQUEST, 'A push needs the id of a client instance.');
    }
    const instance = this.#instanceOf(push);
    const problem = this.#problemOf(push, instance);
    instance.isTerminating = push.isTerminating;
    end(instance, problem);
    await this.#reading.run(async () => {
      const bytes = await this.#expanded(push);
      if (this.#options.isKept) await this.pushed.take(instance, bytes, () => this.#instances.has(push.instanceId));
    });
  }

  /** What clients pushed, of those that were heard of lately. */
  figures(): Figure[] {
    this.#instances.expire();
    return this.pushed.figures();
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #instanceOf({ instanceId, labels }: TelemetryClient): Instance {
    const { version } = this.#subscriptions;
    const known = this.#instances.get(instanceId, version);
    if (known !== undefined) return known;
    const all = new Map([...labels, ['client_instance_id', instanceId] as const]);
    const wanted = this.#subscriptions.wantedOf(all);
    const id = subscriptionId(wanted, instanceId);
    // Anybody may make up instances, and a client id may be long.
    const clientId = headOfText(labels.get('client_id') ?? '', MAX_LABEL_LENGTH);
    return this.#instances.add({ instanceId, clientId, version, wanted, subscriptionId: id });
  }

  #problemOf({ subscriptionId: id, isTerminating, codec, metrics }: Push, instance: Instance): ErrorCode {
    if (instance.isTerminating) return ErrorCode.INVALID_REQUEST;
    if (!instance.mayPush(this.#nowMs) && !isTerminating) return ErrorCode.THROTTLING_QUOTA_EXCEEDED;
    if (id !== instance.subscriptionId) return ErrorCode.UNKNOWN_SUBSCRIPTION_ID;
    if (codec !== NO_COMPRESSION && !ACCEPTED_CODECS.includes(codec)) return ErrorCode.UNSUPPORTED_COMPRESSION_TYPE;
    return metrics.length > this.#maxBytes ? ErrorCode.TELEMETRY_TOO_LARGE : ErrorCode.NONE;
  }

  get #maxBytes(): number {
    return this.#options.config.int('telemetry.max.bytes');
  }

  async #expanded({ codec, metrics }: Push): Promise<Buffer> {
    if (codec === NO_COMPRESSION || metrics.length === 0) return metrics;
    return decompress(await codecNumbered(codec), metrics, this.#maxBytes);
  }
}

/** @throws KafkaError where that is no good end */
function end(instance: Instance, errorCode: ErrorCode): void {
  instance.error = errorCode;
  if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode);
}
