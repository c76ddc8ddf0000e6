/** What must hold between broker settings at any time, as in Kafka. */
import { brokerSynonyms } from './broker-settings.ts';
import { inheritedText } from './resolved-topic-config.ts';
import { splitList } from './value.ts';

const LEAST_DEDUPE_BYTES_PER_THREAD = 1024 * 1024;

export interface Inconsistency {
  readonly text: string;
  /** The settings that contradict each other, or Kafka. */
  readonly settings: readonly string[];
}

/** Directories that get no new partitions must be among those that there are. */
function wronglyCordoned(text: (name: string) => string | null): Inconsistency | null {
  const cordoned = splitList(text('cordoned.log.dirs') ?? '');
  const settings = ['cordoned.log.dirs'];
  if (cordoned.includes('*')) {
    if (cordoned.length === 1) return null;
    return { text: 'When cordoned.log.dirs is set to *, it must not contain other values', settings };
  }
  const directories = splitList(text('log.dirs') ?? text('log.dir') ?? '');
  const foreign = cordoned.filter((directory) => !directories.includes(directory));
  if (foreign.length === 0) return null;
  const all = 'All entries in cordoned.log.dirs must be present in log.dirs or log.dir';
  return { text: `${all}. Missing entries : ${foreign.join(', ')}`, settings };
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
  return wronglyCordoned(text);
}
