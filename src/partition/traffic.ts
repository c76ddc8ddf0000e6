/** What went through a topic since the start: its partitions add to it, and it is read when metrics are asked for. */
export class TopicTraffic {
  /** In a typed array they stay numbers of one kind, whatever they grow to. */
  readonly #counts = new Float64Array(4);

  /** Records committed. */
  get receivedRecords(): number {
    return this.#counts[0] as number;
  }

  /** Bytes of batches committed. */
  get receivedBytes(): number {
    return this.#counts[1] as number;
  }

  /** Records read for an answer, counted by offsets: of compacted batches fewer are there. */
  get sentRecords(): number {
    return this.#counts[2] as number;
  }

  /** Bytes of batches read for an answer. */
  get sentBytes(): number {
    return this.#counts[3] as number;
  }

  received(records: number, bytes: number): void {
    const counts = this.#counts;
    counts[0] = (counts[0] as number) + records;
    counts[1] = (counts[1] as number) + bytes;
  }

  sent(records: number, bytes: number): void {
    const counts = this.#counts;
    counts[2] = (counts[2] as number) + records;
    counts[3] = (counts[3] as number) + bytes;
  }
}
