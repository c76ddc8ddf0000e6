/** The packages of OpenTelemetry, which are the user's to install: loaded when they are asked for, and named when they are missing. */
import { ConfigError } from '../config/config-error.ts';

/** What each signal needs besides the API. */
const NEEDED = {
  metrics: [
    '@opentelemetry/sdk-metrics',
    '@opentelemetry/exporter-metrics-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/api',
  ],
  traces: [
    '@opentelemetry/sdk-trace',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/resources',
    '@opentelemetry/api',
  ],
} as const;

export type Signal = keyof typeof NEEDED;

/** @throws ConfigError that names what is missing and how to install it */
export async function load<T>(name: string, signal: Signal): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (cause) {
    // Code in CommonJS, as it is published, gets another word for it.
    if (!/^(ERR_)?MODULE_NOT_FOUND$/.test(String((cause as { readonly code?: unknown }).code))) throw cause;
    const message = `walka.otel.export: ${signal} needs ${name}, which is not installed; npm install ${NEEDED[signal].join(' ')}`;
    throw new ConfigError(message, ['walka.otel.export']);
  }
}

/** What a program has registered with the API of OpenTelemetry: providers by the name of the API's part. */
export function registered(part: 'metrics' | 'trace'): boolean {
  const global = (globalThis as Record<symbol, unknown>)[Symbol.for('opentelemetry.js.api.1')];
  return (global as Record<string, unknown> | undefined)?.[part] !== undefined;
}
