/**
 * The topics a member of a "consumer" group subscribes to. Only version 0's prefix of ConsumerProtocolSubscription is
 * read, which every version begins with, so that newer ones are understood as well.
 */
import { readConsumerProtocolSubscription } from '../../../../protocol/generated/consumer-protocol-subscription.ts';
import { ProtocolError } from '../../../../protocol/errors.ts';
import { Reader } from '../../../../protocol/reader.ts';

/** Protocol type of consumers. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

/** Topics of all subscriptions together, or null when one of them cannot be read. */
export function subscribedTopics(subscriptions: Iterable<Buffer>): ReadonlySet<string> | null {
  const topics = new Set<string>();
  try {
    for (const subscription of subscriptions) {
      const reader = new Reader(subscription);
      // The version, which may be any.
      reader.int16();
      for (const topic of readConsumerProtocolSubscription(reader, 0).topics) topics.add(topic);
    }
    return topics;
  } catch (error) {
    // Not the consumer protocol after all; the group is served, only its topics are unknown.
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
