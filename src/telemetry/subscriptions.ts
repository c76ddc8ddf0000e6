/** Client-metrics subscriptions: who is to report what, and how often (KIP-714). */
import { crc32c } from '../../protocol/crc32c.ts';
import type { Logger } from '../base/logger.ts';
import { type ClientLabel, type ClientMatch, parseClientMatch } from '../config/client-match.ts';
import { CLIENT_METRICS_SETTINGS } from '../config/group-settings.ts';
import { splitList } from '../config/value.ts';
import { ConfigResourceType, type MetadataStore } from '../metadata/types.ts';

/** What is known of a client, by label. */
export type ClientLabels = ReadonlyMap<ClientLabel, string>;

/** What a client is to report. */
export interface Wanted {
  /** Prefixes of names; `*` alone: all metrics. None: nothing. */
  readonly prefixes: readonly string[];
  readonly intervalMs: number;
}

interface Subscription extends Wanted {
  readonly match: ClientMatch;
}

const ALL = '*';
const DEFAULT_INTERVAL_MS = Number(CLIENT_METRICS_SETTINGS.get('interval.ms')?.defaultValue);

/** The subscriptions as the metadata has them. */
export class Subscriptions {
  readonly #metadata: MetadataStore;
  readonly #logger: Logger;
  #read: readonly Subscription[] | null = null;
  #version = 0;

  constructor(metadata: MetadataStore, logger: Logger) {
    this.#metadata = metadata;
    this.#logger = logger;
    metadata.onChange((change) => {
      if (change.kind !== 'configs-changed' || change.resourceType !== ConfigResourceType.CLIENT_METRICS) return;
      this.#read = null;
      this.#version += 1;
    });
  }

  /** Changes with each of them. */
  get version(): number {
    return this.#version;
  }

  /** What all that match the client want together; the shortest interval counts. */
  wantedOf(labels: ClientLabels): Wanted {
    this.#read ??= this.#readAll();
    const matching = this.#read.filter(({ match }) => matches(match, labels));
    const prefixes = new Set(matching.flatMap((subscription) => subscription.prefixes));
    const intervals = matching.map(({ intervalMs }) => intervalMs);
    return {
      prefixes: prefixes.has(ALL) ? [ALL] : [...prefixes].sort(),
      intervalMs: intervals.length === 0 ? DEFAULT_INTERVAL_MS : Math.min(...intervals),
    };
  }

  #readAll(): Subscription[] {
    const { CLIENT_METRICS } = ConfigResourceType;
    return this.#metadata.resourceNames(CLIENT_METRICS).flatMap((name) => {
      const configs = this.#metadata.dynamicConfigs(CLIENT_METRICS, name);
      try {
        return {
          prefixes: splitList(configs.get('metrics') ?? ''),
          intervalMs: Number(configs.get('interval.ms') ?? DEFAULT_INTERVAL_MS),
          match: parseClientMatch(configs.get('match') ?? ''),
        };
      } catch (error) {
        // An earlier release took it.
        const message = `Client-metrics subscription ${name} is for nobody: its match cannot be read`;
        this.#logger.warn('client-metrics-subscription-bad', message, { error });
        return [];
      }
    });
  }
}

function matches(match: ClientMatch, labels: ClientLabels): boolean {
  return [...match].every(([label, expression]) => expression.matches(labels.get(label) ?? ''));
}

/** Whether a metric of this name was asked for. */
export function isWanted(name: string, { prefixes }: Wanted): boolean {
  return prefixes.some((prefix) => prefix === ALL || name.startsWith(prefix));
}

/** A number that says what is wanted of one client. */
export function subscriptionId({ prefixes, intervalMs }: Wanted, instanceId: string): number {
  return crc32c(Buffer.from(`${instanceId} ${prefixes.join()} ${intervalMs}`)) | 0;
}
