/** The ids of the scenarios that `scenarios.md` describes, in the order in which a client runs them. */
export const RUN_SCENARIOS = [
  'create-topics',
  'keyed-and-headed-records',
  'compression-gzip',
  'compression-snappy',
  'compression-lz4',
  'compression-zstd',
  'several-partitions',
  'group-of-two',
  'commit-and-resume',
  'seek-by-time',
  'empty-and-large-records',
  'describe-and-delete',
  'idempotent-produce',
  'before-kill',
] as const;

/** What is checked after kill -9 and a new start. */
export const VERIFY_SCENARIOS = ['after-kill'] as const;

/** Of the programs for transactions, which run alone. */
export const TRANSACTION_RUN_SCENARIOS = ['transactions', 'transform', 'before-kill'] as const;
export const TRANSACTION_VERIFY_SCENARIOS = ['after-kill'] as const;

/** Of the programs for share groups, which run alone. */
export const SHARE_RUN_SCENARIOS = ['share', 'acknowledge', 'committed', 'offsets', 'before-kill'] as const;
export const SHARE_VERIFY_SCENARIOS = ['after-kill'] as const;

export type Scenario =
  | (typeof RUN_SCENARIOS)[number]
  | (typeof VERIFY_SCENARIOS)[number]
  | (typeof TRANSACTION_RUN_SCENARIOS)[number]
  | (typeof TRANSACTION_VERIFY_SCENARIOS)[number]
  | (typeof SHARE_RUN_SCENARIOS)[number]
  | (typeof SHARE_VERIFY_SCENARIOS)[number];
