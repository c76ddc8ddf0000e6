/** What is exported: named figures with help and values, collected at the moment they are asked for. */
import { type ApiCounters, LATENCY_BUCKETS_MS, type ServerCounters } from './counters.ts';

export interface FigureValue {
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Name of the line where it differs from the figure's: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly metricName?: string;
}

/** One metric in Prometheus' sense. Names of durations end in `_seconds`, of sizes in `_bytes`. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** The moment's values; iterated once, maybe with pauses. */
  collect(): Iterable<FigureValue>;
}

export function counter(name: string, help: string, value: () => number): Figure {
  return { name, help, type: 'counter', collect: () => [{ value: value() }] };
}

export function gauge(name: string, help: string, value: () => number): Figure {
  return { name, help, type: 'gauge', collect: () => [{ value: value() }] };
}

/** A histogram of durations in ms, as counts per bucket. */
export interface DurationCounts {
  /** Upper bounds in ms, ascending. */
  readonly boundsMs: readonly number[];
  /** Count per bound, then of the rest; not cumulative. */
  readonly counts: ArrayLike<number>;
  readonly sumMs: number;
}

/** The lines of a histogram in seconds. */
export function histogramValues(
  name: string,
  durations: DurationCounts,
  labels: Readonly<Record<string, string>> = {},
): FigureValue[] {
  const values: FigureValue[] = [];
  let total = 0;
  durations.boundsMs.forEach((boundMs, bucket) => {
    total += durations.counts[bucket] ?? 0;
    values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: boundMs / 1000 }, value: total });
  });
  total += durations.counts[durations.boundsMs.length] ?? 0;
  values.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: total });
  values.push({ metricName: `${name}_sum`, labels, value: durations.sumMs / 1000 });
  values.push({ metricName: `${name}_count`, labels, value: total });
  return values;
}

/** The network side's figures; `apiName` gives the label of an API. */
export function serverFigures(
  counters: ServerCounters,
  apiName: (apiKey: number) => string,
  errorName: (errorCode: number) => string,
): Figure[] {
  const perApi = (value: (api: ApiCounters) => number) => (): FigureValue[] =>
    [...counters.apis].map(([apiKey, api]) => ({ labels: { api: apiName(apiKey) }, value: value(api) }));
  const latency = 'walka_request_duration_seconds';
  return [
    {
      name: 'walka_requests_total',
      help: 'Requests by API.',
      type: 'counter',
      collect: perApi((api) => api.requests),
    },
    {
      name: 'walka_request_failures_total',
      help: 'Requests that closed their connection instead of being answered.',
      type: 'counter',
      collect: perApi((api) => api.failures),
    },
    {
      name: 'walka_request_bytes_total',
      help: 'Bytes of requests.',
      type: 'counter',
      collect: perApi((api) => api.bytesIn),
    },
    {
      name: 'walka_response_bytes_total',
      help: 'Bytes of responses.',
      type: 'counter',
      collect: perApi((api) => api.bytesOut),
    },
    {
      name: latency,
      help: 'Time from the last byte of a request to its response being handed to the socket.',
      type: 'histogram',
      collect: () =>
        [...counters.apis].flatMap(([apiKey, api]) =>
          histogramValues(
            latency,
            { boundsMs: LATENCY_BUCKETS_MS, counts: api.latencyCounts, sumMs: api.latencySumMs },
            { api: apiName(apiKey) },
          ),
        ),
    },
    {
      name: 'walka_errors_total',
      help: 'Errors in responses by API: of the whole, of topics, of partitions and of other parts.',
      type: 'counter',
      collect: () =>
        [...counters.apis].flatMap(([apiKey, { errors }]) =>
          [...errors].map(([code, value]) => ({ labels: { api: apiName(apiKey), error: errorName(code) }, value })),
        ),
    },
    ...connectionFigures(counters),
  ];
}

function connectionFigures(counters: ServerCounters): Figure[] {
  return [
    gauge('walka_connections', 'Open connections.', () => counters.connections),
    counter('walka_connections_accepted_total', 'Connections accepted.', () => counters.connectionsAccepted),
    counter(
      'walka_connections_rejected_total',
      'Connections over a limit or a quota.',
      () => counters.connectionsRejected,
    ),
    counter(
      'walka_connections_delayed_total',
      'Connections that waited for a rate.',
      () => counters.connectionsDelayed,
    ),
    counter('walka_connections_idle_closed_total', 'Idle connections closed.', () => counters.connectionsIdleClosed),
    counter('walka_tls_handshakes_total', 'TLS handshakes that were done.', () => counters.tlsHandshakes),
    gauge('walka_tls_handshaking', 'Connections in their TLS handshake.', () => counters.tlsHandshaking),
    {
      name: 'walka_tls_handshake_failures_total',
      help: 'TLS handshakes that came to nothing, by reason.',
      type: 'counter',
      collect: () => [...counters.tlsFailures].map(([reason, value]) => ({ labels: { reason }, value })),
    },
    counter('walka_network_received_bytes_total', 'Bytes received from clients.', () => counters.bytesIn),
    counter('walka_network_sent_bytes_total', 'Bytes sent to clients.', () => counters.bytesOut),
    gauge('walka_pending_writes', 'Produce requests waiting for their commit.', () => counters.pendingWrites),
    counter(
      'walka_gather_rests_total',
      'Rests of the event loop that let small requests gather.',
      () => counters.rests,
    ),
    counter(
      'walka_busy_polls_total',
      'Turns of the event loop after which it stayed awake for the next request.',
      () => counters.busyPolls,
    ),
    gauge('walka_unsent_bytes', 'Bytes handed to sockets and not sent yet.', () => counters.unsentBytes),
  ];
}
