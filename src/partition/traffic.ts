/** What went through a topic since the start: plain numbers that its partitions add to, read when metrics are asked for. */
export class TopicTraffic {
  /** Committed. */
  receivedRecords = 0;
  receivedBytes = 0;
  /** Read for an answer. Records are counted by offsets: of compacted batches fewer are there. */
  sentRecords = 0;
  sentBytes = 0;

  received(records: number, bytes: number): void {
    this.receivedRecords += records;
    this.receivedBytes += bytes;
  }

  sent(records: number, bytes: number): void {
    this.sentRecords += records;
    this.sentBytes += bytes;
  }
}
