/** The mode that reads a topic from its start to its end. */
import type { Consumed } from '../../generators/generator.ts';
import type { OwnConsumeLoad } from '../../generators/own.ts';
import { countRecords, type RecordFormat } from './formats.ts';
import { TopicReader } from './reader.ts';

/** Resolves when as many records came as the topic has. */
export function consume(bootstrap: string, load: OwnConsumeLoad): Promise<Consumed> {
  const { topic, partitions, records } = load;
  return new Promise((resolve, reject) => {
    let seen = 0;
    let bytes = 0;
    let firstBytes = 0;
    let firstMs = 0;
    const onBatches = (batches: Buffer, format: RecordFormat): void => {
      if (firstMs === 0) {
        firstMs = performance.now();
        firstBytes = batches.length;
      }
      seen += countRecords(format, batches);
      bytes += batches.length;
      if (seen < records) return;
      const seconds = (performance.now() - firstMs) / 1000;
      void opening.then((reader) => reader.close());
      resolve({ bytes, timedBytes: bytes - firstBytes, seconds });
    };
    const opening = TopicReader.open(bootstrap, topic, Array<number>(partitions).fill(0), onBatches, load);
    opening.catch(reject);
  });
}
