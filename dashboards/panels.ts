/** What the dashboard shows: rows of panels, each with its PromQL. `node dashboards/generate.ts` makes walka.json of it. */

export interface Panel {
  readonly title: string;
  /** Grafana's unit. */
  readonly unit: string;
  /** One number in place of a graph. */
  readonly isStat?: boolean;
  readonly description?: string;
  /** Expressions with the legend of what they give. */
  readonly targets: readonly (readonly [expression: string, legend: string])[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Series of the instances that are chosen. */
const I = 'instance=~"$instance"';
const rate = (metric: string, labels = ''): string => `rate(${metric}{${I}${labels}}[$__rate_interval])`;
const quantile = (share: number, histogram: string, by = ''): string =>
  `histogram_quantile(${share}, sum by (le${by}) (${rate(`${histogram}_bucket`)}))`;

/** The latencies of one histogram. */
function latency(title: string, histogram: string, description: string): Panel {
  return {
    title,
    unit: 's',
    description,
    targets: [0.5, 0.99, 0.999].map((share) => [quantile(share, histogram), `p${share * 100}`] as const),
  };
}

export const ROWS: readonly Row[] = [
  {
    title: 'Overview',
    panels: [
      { title: 'Ready', unit: 'bool_yes_no', isStat: true, targets: [[`min(walka_ready{${I}})`, 'ready']] },
      { title: 'Version', unit: 'none', isStat: true, targets: [[`walka_build_info{${I}}`, '{{version}}']] },
      { title: 'Connections', unit: 'short', isStat: true, targets: [[`sum(walka_connections{${I}})`, 'open']] },
      { title: 'Partitions', unit: 'short', isStat: true, targets: [[`sum(walka_partitions{${I}})`, 'partitions']] },
      {
        title: 'Disk left',
        unit: 'percentunit',
        isStat: true,
        targets: [[`min(walka_disk_usable_bytes{${I}} / walka_disk_total_bytes{${I}})`, 'left']],
      },
      {
        title: 'Errors',
        unit: 'reqps',
        isStat: true,
        targets: [[`sum(${rate('walka_errors_total')})`, 'errors']],
      },
      {
        title: 'Records',
        unit: 'cps',
        targets: [
          [`sum(${rate('walka_topic_received_records_total')})`, 'in'],
          [`sum(${rate('walka_topic_sent_records_total')})`, 'out'],
        ],
      },
      {
        title: 'Network',
        unit: 'Bps',
        targets: [
          [`sum(${rate('walka_network_received_bytes_total')})`, 'in'],
          [`sum(${rate('walka_network_sent_bytes_total')})`, 'out'],
        ],
      },
    ],
  },
  {
    title: 'Requests',
    panels: [
      {
        title: 'Requests by API',
        unit: 'reqps',
        targets: [[`sum by (api) (${rate('walka_requests_total')})`, '{{api}}']],
      },
      {
        title: 'Latency by API, p99',
        unit: 's',
        description: 'A Fetch waits for records as long as its client allows: its latency is no sign of trouble.',
        targets: [[quantile(0.99, 'walka_request_duration_seconds', ', api'), '{{api}}']],
      },
      latency(
        'Latency of all requests',
        'walka_request_duration_seconds',
        'From the last byte of a request to its answer.',
      ),
      {
        title: 'Errors by name',
        unit: 'reqps',
        targets: [[`sum by (api, error) (${rate('walka_errors_total')})`, '{{api}} {{error}}']],
      },
      {
        title: 'Requests without an answer',
        unit: 'reqps',
        targets: [[`sum by (api) (${rate('walka_request_failures_total')})`, '{{api}}']],
      },
      {
        title: 'Connections',
        unit: 'short',
        targets: [
          [`sum(walka_connections{${I}})`, 'open'],
          [`sum(${rate('walka_connections_accepted_total')})`, 'accepted a second'],
          [`sum(${rate('walka_connections_rejected_total')})`, 'rejected a second'],
        ],
      },
    ],
  },
  {
    title: 'Topics',
    panels: [
      {
        title: 'Records in',
        unit: 'cps',
        targets: [
          [
            `topk(15, sum by (topic) (${rate('walka_topic_received_records_total', ', topic=~"$topic"')}))`,
            '{{topic}}',
          ],
        ],
      },
      {
        title: 'Bytes in',
        unit: 'Bps',
        targets: [
          [`topk(15, sum by (topic) (${rate('walka_topic_received_bytes_total', ', topic=~"$topic"')}))`, '{{topic}}'],
        ],
      },
      {
        title: 'Bytes out',
        unit: 'Bps',
        targets: [
          [`topk(15, sum by (topic) (${rate('walka_topic_sent_bytes_total', ', topic=~"$topic"')}))`, '{{topic}}'],
        ],
      },
      {
        title: 'Size',
        unit: 'bytes',
        targets: [[`topk(15, sum by (topic) (walka_partition_size_bytes{${I}, topic=~"$topic"}))`, '{{topic}}']],
      },
      {
        title: 'Records that read_committed waits for',
        unit: 'short',
        targets: [
          [
            `topk(15, sum by (topic) (walka_partition_high_watermark{${I}, topic=~"$topic"} - walka_partition_last_stable_offset{${I}, topic=~"$topic"}))`,
            '{{topic}}',
          ],
        ],
      },
      {
        title: 'Not exported',
        unit: 'short',
        description: 'Series beyond walka.metrics.max.series, by metric.',
        targets: [[`walka_metrics_left_out_series{${I}} > 0`, '{{metric}}']],
      },
    ],
  },
  {
    title: 'Groups and transactions',
    panels: [
      {
        title: 'Lag by group',
        unit: 'short',
        targets: [[`topk(15, sum by (group) (walka_group_lag_records{${I}, group=~"$group"}))`, '{{group}}']],
      },
      {
        title: 'Lag by group and topic',
        unit: 'short',
        targets: [
          [`topk(15, sum by (group, topic) (walka_group_lag_records{${I}, group=~"$group"}))`, '{{group}} {{topic}}'],
        ],
      },
      {
        title: 'Committed records',
        unit: 'cps',
        targets: [
          [
            `topk(15, sum by (group) (rate(walka_group_committed_offset{${I}, group=~"$group"}[$__rate_interval])))`,
            '{{group}}',
          ],
        ],
      },
      {
        title: 'Members',
        unit: 'short',
        targets: [[`topk(15, sum by (group) (walka_group_members{${I}, group=~"$group"}))`, '{{group}}']],
      },
      {
        title: 'Groups by state',
        unit: 'short',
        targets: [[`sum by (type, state) (walka_groups{${I}})`, '{{type}} {{state}}']],
      },
      {
        title: 'Share groups',
        unit: 'short',
        targets: [
          [`sum by (group) (walka_share_lag_records{${I}, group=~"$group"})`, '{{group}} lag'],
          [`sum by (group) (walka_share_in_flight_records{${I}, group=~"$group"})`, '{{group}} in flight'],
        ],
      },
      {
        title: 'Transactional ids',
        unit: 'short',
        targets: [[`sum by (state) (walka_transactional_ids{${I}})`, '{{state}}']],
      },
      {
        title: 'Oldest open transaction',
        unit: 's',
        targets: [[`max(walka_oldest_transaction_seconds{${I}})`, 'age']],
      },
      {
        title: 'Coordinators',
        unit: 'short',
        targets: [[`sum by (topic, status) (walka_coordinator_partitions{${I}})`, '{{topic}} {{status}}']],
      },
    ],
  },
  {
    title: 'Write-ahead log',
    panels: [
      latency('Append to acknowledgement', 'walka_journal_append_seconds', 'Of a sample of appends.'),
      latency('Writes', 'walka_journal_write_seconds', 'High with low syncs: memory pressure in the page cache.'),
      latency('Syncs to the device', 'walka_journal_sync_seconds', 'The device itself.'),
      latency(
        'Serialization',
        'walka_journal_serialization_seconds',
        'Grows with the bytes of one turn of the event loop.',
      ),
      {
        title: 'Writes and syncs',
        unit: 'ops',
        targets: [
          [`sum(${rate('walka_journal_writes_total')})`, 'writes'],
          [`sum(${rate('walka_journal_threaded_writes_total')})`, 'of them on a thread'],
          [`sum(${rate('walka_journal_syncs_total')})`, 'syncs'],
        ],
      },
      {
        title: 'Bytes written',
        unit: 'Bps',
        targets: [
          [`sum(${rate('walka_journal_written_bytes_total')})`, 'journal'],
          [`sum(${rate('walka_merge_written_bytes_total')})`, 'merges'],
        ],
      },
      {
        title: 'Bytes on disk',
        unit: 'bytes',
        targets: [
          [`sum(walka_journal_bytes{${I}})`, 'journal'],
          [`sum(walka_segment_bytes{${I}})`, 'segments'],
          [`sum(walka_dead_bytes{${I}})`, 'dead'],
          [`sum(walka_live_bytes{${I}})`, 'live, as produced'],
        ],
      },
      {
        title: 'Waiting to be written',
        unit: 'bytes',
        targets: [
          [`sum(walka_pending_bytes{${I}})`, 'bytes'],
          [`sum(walka_pending_writes{${I}})`, 'produce requests'],
        ],
      },
      {
        title: 'Batches read from the cache',
        unit: 'percentunit',
        targets: [
          [
            `sum(${rate('walka_cache_hits_total')}) / (sum(${rate('walka_cache_hits_total')}) + sum(${rate('walka_cache_misses_total')}))`,
            'share',
          ],
        ],
      },
      {
        title: 'Merges and compaction',
        unit: 'short',
        targets: [
          [`sum by (reason) (increase(walka_merges_total{${I}}[$__rate_interval]))`, 'merges {{reason}}'],
          [`sum(increase(walka_compaction_passes_total{${I}}[$__rate_interval]))`, 'compaction passes'],
          [`sum(increase(walka_merges_failed_total{${I}}[$__rate_interval]))`, 'failed merges'],
        ],
      },
    ],
  },
  {
    title: 'Quotas and refusals',
    panels: [
      {
        title: 'Requests held back for a quota',
        unit: 'reqps',
        description: 'By quota, user and client id; a quota of nobody in particular shows each of those it is for.',
        targets: [
          [
            `topk(20, sum by (quota, user, client_id) (${rate('walka_quota_throttled_requests_total')}))`,
            '{{quota}} {{user}} {{client_id}}',
          ],
        ],
      },
      {
        title: 'Time held back',
        unit: 'percentunit',
        description: 'Share of the time for which clients of a quota were made to wait; several clients add up.',
        targets: [
          [
            `topk(20, sum by (quota, user, client_id) (${rate('walka_quota_throttle_seconds_total')}))`,
            '{{quota}} {{user}} {{client_id}}',
          ],
        ],
      },
      {
        title: 'Quotas',
        unit: 'short',
        targets: [[`max by (quota, user, client_id) (walka_quota_limit{${I}})`, '{{quota}} {{user}} {{client_id}}']],
      },
      {
        title: 'Refused for want of a right',
        unit: 'reqps',
        description: 'What no ACL allows; the log has who it was (not-authorized).',
        targets: [
          [
            `sum by (operation, resource_type) (${rate('walka_authorization_denials_total')})`,
            '{{operation}} {{resource_type}}',
          ],
        ],
      },
      {
        title: 'Failed logins and handshakes',
        unit: 'reqps',
        targets: [
          [
            `sum by (error) (${rate('walka_errors_total', ',error=~"SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM"')})`,
            '{{error}}',
          ],
          [`sum by (reason) (${rate('walka_tls_handshake_failures_total')})`, 'TLS: {{reason}}'],
        ],
      },
      {
        title: 'Connections turned away or delayed',
        unit: 'cps',
        targets: [
          [`sum(${rate('walka_connections_rejected_total')})`, 'closed'],
          [`sum(${rate('walka_connections_delayed_total')})`, 'delayed'],
        ],
      },
    ],
  },
  {
    title: 'Process',
    panels: [
      {
        title: 'CPU',
        unit: 'percentunit',
        targets: [
          [`sum(${rate('process_cpu_user_seconds_total')})`, 'user'],
          [`sum(${rate('process_cpu_system_seconds_total')})`, 'system'],
        ],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        targets: [
          [`sum(process_resident_memory_bytes{${I}})`, 'resident'],
          [`sum(nodejs_heap_size_used_bytes{${I}})`, 'heap used'],
          [`sum(nodejs_external_memory_bytes{${I}})`, 'buffers'],
        ],
      },
      {
        title: 'Memory of the log by part',
        unit: 'bytes',
        targets: [[`sum by (part) (walka_engine_memory_bytes{${I}})`, '{{part}}']],
      },
      {
        title: 'Event loop lag',
        unit: 's',
        targets: [
          [`max(nodejs_eventloop_lag_p50_seconds{${I}})`, 'p50'],
          [`max(nodejs_eventloop_lag_p99_seconds{${I}})`, 'p99'],
          [`max(nodejs_eventloop_lag_max_seconds{${I}})`, 'max'],
        ],
      },
      {
        title: 'Garbage collection',
        unit: 'percentunit',
        targets: [[`sum by (kind) (${rate('nodejs_gc_duration_seconds_sum')})`, '{{kind}}']],
      },
      {
        title: 'Open files',
        unit: 'short',
        targets: [
          [`sum(process_open_fds{${I}})`, 'open'],
          [`sum(process_max_fds{${I}})`, 'limit'],
        ],
      },
    ],
  },
];
