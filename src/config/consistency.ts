/** What must hold between broker settings at any time, as in Kafka. */
import { brokerSynonyms } from './broker-settings.ts';
import { inheritedText } from './topic-settings.ts';

const LEAST_DEDUPE_BYTES_PER_THREAD = 1024 * 1024;

export interface Inconsistency {
  readonly text: string;
  /** The settings that contradict each other, or Kafka. */
  readonly settings: readonly string[];
}

/** What is wrong between settings, or null. `text` gives what is, or would be, in force. */
export function inconsistency(text: (name: string) => string | null): Inconsistency | null {
  const brokerId = text('broker.id');
  if (brokerId !== '-1' && brokerId !== text('node.id')) {
    return { text: 'node.id and broker.id must be set to the same value', settings: ['node.id', 'broker.id'] };
  }
  if (inheritedText('retention.ms', text) === '0') {
    const inForce = brokerSynonyms('log.retention.ms').filter((name) => text(name) !== null);
    return {
      text: 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
      settings: inForce.slice(0, 1),
    };
  }
  if (text('max.connections.per.ip') === '0' && text('max.connections.per.ip.overrides') === '') {
    return {
      text: 'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
      settings: ['max.connections.per.ip', 'max.connections.per.ip.overrides'],
    };
  }
  const number = (name: string): number => Number(text(name));
  const bytesPerThread = Math.floor(number('log.cleaner.dedupe.buffer.size') / number('log.cleaner.threads'));
  if (bytesPerThread <= LEAST_DEDUPE_BYTES_PER_THREAD) {
    return {
      text: 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
      settings: ['log.cleaner.dedupe.buffer.size', 'log.cleaner.threads'],
    };
  }
  return null;
}
