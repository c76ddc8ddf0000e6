/**
 * Plain counters that hot paths bump and the metrics endpoint reads: no labels, no allocation, no locking. Each is a
 * total since start unless it says otherwise.
 */

/** Upper bounds in ms of the latency buckets; a last, open bucket takes the rest. */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
];

/** What is counted for one API. */
export class ApiCounters {
  requests = 0;
  /** Requests that closed their connection instead of being answered. */
  failures = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Sum of all latencies, from the last byte of the request to the response being handed to the socket. */
  latencySumMs = 0;
  /** Requests by latency: one count per bound in LATENCY_BUCKETS_MS, then the open bucket. Not cumulative. */
  readonly latencyCounts = new Float64Array(LATENCY_BUCKETS_MS.length + 1);
  /** Error codes other than NONE in answers, of topics, partitions and other parts too, by code. */
  readonly errors = new Map<number, number>();

  countError(errorCode: number): void {
    this.errors.set(errorCode, (this.errors.get(errorCode) ?? 0) + 1);
  }

  recordLatency(latencyMs: number): void {
    this.latencySumMs += latencyMs;
    let bucket = 0;
    while (bucket < LATENCY_BUCKETS_MS.length && latencyMs > (LATENCY_BUCKETS_MS[bucket] as number)) bucket += 1;
    this.latencyCounts[bucket] = (this.latencyCounts[bucket] as number) + 1;
  }
}

/** Counters of the network side of one broker. */
export class ServerCounters {
  /** By API key, made when first used. */
  readonly apis = new Map<number, ApiCounters>();
  /** Open now. */
  connections = 0;
  connectionsAccepted = 0;
  /** Turned away by a connection limit. */
  connectionsRejected = 0;
  /** Held back by a limit of new connections a second. */
  connectionsDelayed = 0;
  /** Closed because nothing came for connections.max.idle.ms. */
  connectionsIdleClosed = 0;
  /** TLS handshakes that were done. */
  tlsHandshakes = 0;
  /** Connections whose TLS handshake has not come to an end, now. */
  tlsHandshaking = 0;
  /** TLS handshakes that came to nothing, by reason. */
  readonly tlsFailures = new Map<string, number>();
  bytesIn = 0;
  bytesOut = 0;
  /** Produce requests waiting for their commit now. */
  pendingWrites = 0;
  /** Turns of the event loop that were followed by a rest, so that requests gather. */
  rests = 0;
  /** Turns of the event loop after which it stayed awake for the next request. */
  busyPolls = 0;
  /** Bytes handed to sockets that the system has not taken yet, now. */
  unsentBytes = 0;

  api(apiKey: number): ApiCounters {
    let counters = this.apis.get(apiKey);
    if (counters === undefined) {
      counters = new ApiCounters();
      this.apis.set(apiKey, counters);
    }
    return counters;
  }
}
