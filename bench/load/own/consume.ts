/** The mode that reads a topic from its start to its end. */
import type { Consumed, ConsumeLoad } from '../../generators/generator.ts';
import { countRecords, TopicReader } from './reader.ts';

/** Resolves when as many records came as the topic has. */
export function consume(bootstrap: string, { topic, partitions, records }: ConsumeLoad): Promise<Consumed> {
  return new Promise((resolve, reject) => {
    let seen = 0;
    let bytes = 0;
    let firstBytes = 0;
    let firstMs = 0;
    const opening = TopicReader.open(bootstrap, topic, Array<number>(partitions).fill(0), (batches) => {
      if (firstMs === 0) {
        firstMs = performance.now();
        firstBytes = batches.length;
      }
      seen += countRecords(batches);
      bytes += batches.length;
      if (seen < records) return;
      const seconds = (performance.now() - firstMs) / 1000;
      void opening.then((reader) => reader.close());
      resolve({ bytes, timedBytes: bytes - firstBytes, seconds });
    });
    opening.catch(reject);
  });
}
