/**
 * The variables of OpenTelemetry's specification that its SDK packages leave to the program. Endpoint, headers, timeout,
 * compression, certificates and resource attributes are read by the packages themselves.
 */
import { ConfigError } from '../config/config-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OtelEnvironment {
  readonly isDisabled: boolean;
  readonly sampler: SamplerChoice;
  /** Null: the SDK's own. */
  readonly exportIntervalMs: number | null;
  readonly exportTimeoutMs: number | null;
  readonly scheduleDelayMs: number | null;
  readonly maxQueueSize: number | null;
  readonly maxBatchSize: number | null;
}

export interface SamplerChoice {
  readonly root: 'on' | 'off' | 'ratio';
  /** Share of traces that are sampled, 0 to 1, where it goes by a ratio. */
  readonly ratio: number;
  /** Spans whose parent is known go by it. */
  readonly isParentBased: boolean;
}

const SAMPLERS: Readonly<Record<string, Omit<SamplerChoice, 'ratio'>>> = {
  always_on: { root: 'on', isParentBased: false },
  always_off: { root: 'off', isParentBased: false },
  traceidratio: { root: 'ratio', isParentBased: false },
  parentbased_always_on: { root: 'on', isParentBased: true },
  parentbased_always_off: { root: 'off', isParentBased: true },
  parentbased_traceidratio: { root: 'ratio', isParentBased: true },
};

/** @throws ConfigError for a value that cannot be served as it says */
export function readOtelEnvironment(env: Environment): OtelEnvironment {
  for (const name of ['', 'METRICS_', 'TRACES_'].map((signal) => `OTEL_EXPORTER_OTLP_${signal}PROTOCOL`)) {
    const protocol = env[name] ?? '';
    if (!['', 'http/json', 'http/protobuf'].includes(protocol)) {
      throw new ConfigError(
        `${name}: ${protocol} is not served; http/json is, which every OTLP receiver over HTTP takes`,
      );
    }
  }
  const exportIntervalMs = positive(env, 'OTEL_METRIC_EXPORT_INTERVAL');
  const exportTimeoutMs = positive(env, 'OTEL_METRIC_EXPORT_TIMEOUT');
  return {
    isDisabled: env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true',
    sampler: sampler(env),
    exportIntervalMs,
    // The SDK refuses both together where an export may take longer than the interval.
    exportTimeoutMs: exportTimeoutMs === null ? null : Math.min(exportTimeoutMs, exportIntervalMs ?? Infinity),
    scheduleDelayMs: positive(env, 'OTEL_BSP_SCHEDULE_DELAY'),
    maxQueueSize: positive(env, 'OTEL_BSP_MAX_QUEUE_SIZE'),
    maxBatchSize: positive(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  };
}

function sampler(env: Environment): SamplerChoice {
  const name = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  const choice = SAMPLERS[name];
  if (choice === undefined) {
    throw new ConfigError(`OTEL_TRACES_SAMPLER: ${name} is none of ${Object.keys(SAMPLERS).join(', ')}`);
  }
  const argument = env['OTEL_TRACES_SAMPLER_ARG'] || '1';
  const ratio = Number(argument);
  if (choice.root === 'ratio' && !(ratio >= 0 && ratio <= 1)) {
    throw new ConfigError(`OTEL_TRACES_SAMPLER_ARG: ${argument} is no share from 0 to 1`);
  }
  return { ...choice, ratio: choice.root === 'ratio' ? ratio : 1 };
}

function positive(env: Environment, name: string): number | null {
  const text = env[name] ?? '';
  if (text === '') return null;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new ConfigError(`${name}: ${text} is no whole number from 1 on`);
  return value;
}
