/** What went through a topic since the start: its partitions add to it, and it is read when metrics are asked for. */
export class TopicTraffic {
  /** In a typed array they stay numbers of one kind, whatever they grow to. */
  readonly #counts = new Float64Array(7);

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

  /** Records that came in a format before v2. */
  get convertedReceivedRecords(): number {
    return this.#counts[4] as number;
  }

  /** Records read for a client that knows formats before v2 only. */
  get convertedSentRecords(): number {
    return this.#counts[5] as number;
  }

  /** Time in ms that converting took, waits for threads and turns in it. */
  get conversionMs(): number {
    return this.#counts[6] as number;
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

  convertedReceived(records: number, ms: number): void {
    const counts = this.#counts;
    counts[4] = (counts[4] as number) + records;
    counts[6] = (counts[6] as number) + ms;
  }

  convertedSent(records: number, ms: number): void {
    const counts = this.#counts;
    counts[5] = (counts[5] as number) + records;
    counts[6] = (counts[6] as number) + ms;
  }
}
