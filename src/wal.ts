/**
 * The log engine without a broker: `import { WriteAheadLog } from 'walka/wal'`. One journal for any number of streams,
 * one write and at most one sync for all that waits.
 */
export type { LogFields, Logger } from './base/logger.ts';
export { CatalogError, type CatalogErrorCode } from './storage/catalog/catalog-error.ts';
export { type Durability, StorageError, type StorageErrorCode } from './storage/types.ts';
export type { RetentionLimits, WriteAheadLogOptions } from './wal/options.ts';
export type { MeterLike } from './metrics/open-telemetry.ts';
export type { Latency } from './metrics/latency-histogram.ts';
export type { RegistryLike } from './metrics/prom-client.ts';
export type { WalStats } from './storage/wal-stats.ts';
export type { StatsExports } from './wal/export.ts';
export type { WalEntry } from './wal/read.ts';
export type { AppendOptions, ReadOptions, WalStream } from './wal/stream.ts';
export { WriteAheadLog } from './wal/write-ahead-log.ts';
