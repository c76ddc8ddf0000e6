/** Share consumers of a program that is driven line by line. */
import type { Acknowledgement, ShareRecord } from '../history.ts';
import { type Bridge, type Settings, toArguments } from './bridge.ts';
import { POLL_WAIT_MS, type ShareConsumer, type ShareConsumers } from './client.ts';

const CONFIRMED = 'ok';

class BridgedShareConsumer implements ShareConsumer {
  readonly #bridge: Bridge;
  readonly #id: string;

  constructor(bridge: Bridge, id: string) {
    this.#bridge = bridge;
    this.#id = id;
  }

  async poll(): Promise<readonly ShareRecord[]> {
    const answer = await this.#bridge.call(this.#id, 'share-poll', [String(POLL_WAIT_MS)]);
    const words = answer.split(' ').filter((word) => word !== '');
    return words.map((text) => {
      const [partition = '', offset, value, deliveryCount] = text.split(':');
      return { partition, offset: Number(offset), value: Number(value), deliveryCount: Number(deliveryCount) };
    });
  }

  /** The program answers with `topic/partition=ok`, or with what went wrong in the place of `ok`. */
  async acknowledge(acknowledgements: readonly Acknowledgement[]): Promise<ReadonlySet<string>> {
    const args = acknowledgements.map(({ partition, offset, type }) => `${partition}:${offset}:${type.toUpperCase()}`);
    const answer = await this.#bridge.call(this.#id, 'share-acknowledge', args);
    const results = answer.split(' ').map((word) => word.split('=') as [string, string]);
    return new Set(results.filter(([, result]) => result === CONFIRMED).map(([partition]) => partition));
  }

  async close(): Promise<void> {
    await this.#bridge.call(this.#id, 'close').catch(() => undefined);
  }
}

export function bridgedShareConsumers(
  bridge: () => Bridge,
  settings: Settings,
  { canRenew }: { readonly canRenew: boolean },
): ShareConsumers {
  let count = 0;
  return {
    canRenew,
    async open(topics, group) {
      const id = `${group}-${count++}`;
      const consumer = new BridgedShareConsumer(bridge(), id);
      const of = { ...settings, topics: topics.join(), 'group.id': group, 'share.acknowledgement.mode': 'explicit' };
      try {
        await bridge().call(id, 'share-consumer', toArguments(of));
        return consumer;
      } catch (error) {
        await consumer.close();
        throw error;
      }
    },
  };
}
