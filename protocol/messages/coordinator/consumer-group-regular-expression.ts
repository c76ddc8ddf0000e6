/** Coordinator records of type 16: ConsumerGroupRegularExpression. */
import { array, message, offset, string } from '../../schema.ts';

export const ConsumerGroupRegularExpressionKey = message({
  kind: 'coordinator-key',
  name: 'ConsumerGroupRegularExpressionKey',
  apiKey: 16,
  versions: '0',
  flexible: 'none',
  about: 'Key of the topics that match a regular expression of a consumer group.',
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
});

export const ConsumerGroupRegularExpressionValue = message({
  kind: 'coordinator-value',
  name: 'ConsumerGroupRegularExpressionValue',
  apiKey: 16,
  versions: '0',
  flexible: '0+',
  about: 'Value of the topics that match a regular expression of a consumer group.',
  fields: {
    topics: array('string'),
    version: offset(),
    timestamp: offset(),
  },
});
