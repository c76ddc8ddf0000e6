/** Counts the records that a command wrote, by topic and partition. */

/** What was written to a partition. */
interface Written {
  firstOffset: number;
  lastOffset: number;
  records: number;
}

/** Records by topic and partition, as the broker acknowledged them. */
export class WrittenTally {
  readonly #partitions = new Map<string, Map<number, Written>>();
  records = 0;

  readonly add = (topic: string, partition: number, baseOffset: number, count: number): void => {
    const partitions = this.#partitions.get(topic) ?? new Map<number, Written>();
    this.#partitions.set(topic, partitions);
    const written = partitions.get(partition) ?? { firstOffset: baseOffset, lastOffset: -1, records: 0 };
    partitions.set(partition, written);
    if (baseOffset >= 0) written.lastOffset = baseOffset + count - 1;
    written.records += count;
    this.records += count;
  };

  *topics(): Generator<{ topic: string; records: number; partitions: ({ partition: number } & Written)[] }, void> {
    for (const [topic, partitions] of this.#partitions) {
      const all = [...partitions].map(([partition, written]) => ({ partition, ...written }));
      all.sort((a, b) => a.partition - b.partition);
      yield { topic, records: all.reduce((sum, { records }) => sum + records, 0), partitions: all };
    }
  }
}
