/** Whether somebody reads the metrics of a broker's clients. */
import type { BrokerConfig } from '../config/broker-config.ts';

/**
 * True with a port for metrics, or with their export. Through the SDK of a program around the broker they cannot go: it
 * knows all names beforehand.
 */
export function hasReaders(config: BrokerConfig): boolean {
  return config.int('walka.metrics.port') >= 0 || config.list('walka.otel.export').includes('metrics');
}
