/** The error of a topic that is not there, for the person who misspelt it. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { didYouMean } from '../config/nearest.ts';
import type { MetadataStore } from '../metadata/types.ts';

/** Names that are listed at most. */
const LISTED = 20;

export function missingTopic(metadata: MetadataStore, name: string): KafkaError {
  return new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, missingTopicText(metadata, name));
}

/** One line: the name, the one that was probably meant, and those that there are. */
export function missingTopicText(metadata: MetadataStore, name: string): string {
  const names = metadata
    .topics()
    .filter(({ isInternal }) => !isInternal)
    .map((topic) => topic.name);
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  const there = names.length === 0 ? 'there are none' : `there are: ${names.slice(0, LISTED).join(', ')}${more}`;
  return `There is no topic ${name}${didYouMean(name, names) || `; ${there}`}`;
}
