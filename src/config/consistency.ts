/** What must hold between broker settings at any time, as in Kafka. */
import { inheritedText } from './topic-settings.ts';

const LEAST_DEDUPE_BYTES_PER_THREAD = 1024 * 1024;

/** What is wrong between settings, or null. `text` gives what is, or would be, in force. */
export function inconsistency(text: (name: string) => string | null): string | null {
  const brokerId = text('broker.id');
  if (brokerId !== '-1' && brokerId !== text('node.id')) return 'node.id and broker.id must be set to the same value';
  if (inheritedText('retention.ms', text) === '0') {
    return 'log.retention.ms must be unlimited (-1) or, greater than or equal to 1';
  }
  if (text('max.connections.per.ip') === '0' && text('max.connections.per.ip.overrides') === '') {
    return 'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.';
  }
  const number = (name: string): number => Number(text(name));
  const bytesPerThread = Math.floor(number('log.cleaner.dedupe.buffer.size') / number('log.cleaner.threads'));
  if (bytesPerThread <= LEAST_DEDUPE_BYTES_PER_THREAD) {
    return 'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.';
  }
  return null;
}
