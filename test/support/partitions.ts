/** Partitions over the memory engine, and batches for them. */
import assert from 'node:assert/strict';
import { ErrorCode } from '../../protocol/errors.ts';
import { plainSlice, type Slice } from '../../src/base/counted.ts';
import { ManualClock } from '../../src/base/manual-clock.ts';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import type { TopicConfig } from '../../src/config/topic-config.ts';
import { StreamPartitionLog } from '../../src/partition/partition-log.ts';
import type { PartitionSettings } from '../../src/partition/settings.ts';
import type { AppendOptions, AppendResult, PartitionLog, RecordValidation } from '../../src/partition/types.ts';
import { type BatchOptions, type NewRecord, buildBatch } from '../../protocol/records/build.ts';
import { MemoryEngine } from './memory-engine.ts';

export const CLIENT: AppendOptions = { origin: 'client', produceVersion: 13 };
export const COORDINATOR: AppendOptions = { origin: 'coordinator', produceVersion: 13 };
/** Where a ManualClock starts. */
export const NOW = 1_700_000_000_000;

export function topicConfig(overrides: Readonly<Record<string, string>> = {}): TopicConfig {
  return createBrokerConfig().topicConfig(new Map(Object.entries(overrides)));
}

export function partitionSettings(
  configs: Readonly<Record<string, string>> = {},
  validation: RecordValidation = 'full',
): PartitionSettings {
  const config = topicConfig(configs);
  return { config, durability: 'os', validation, isInternal: false, producerExpirationMs: 86_400_000 };
}

export interface OpenOptions {
  readonly engine?: MemoryEngine;
  readonly clock?: ManualClock;
  readonly configs?: Readonly<Record<string, string>>;
  readonly leaderEpoch?: number;
  readonly validation?: RecordValidation;
}

/**
 * Has the partition given up, as if nobody had used it for long enough; false if it is in use. Looks that one who still
 * has it cannot do harm.
 */
export function evict(log: StreamPartitionLog): boolean {
  // Once to forget the last use, once to write down what is known.
  const isEvicted = log.evictIfIdle() || log.evictIfIdle() || log.evictIfIdle();
  if (!isEvicted) return false;
  const refused = { code: ErrorCode.NOT_LEADER_OR_FOLLOWER };
  assert.throws(() => log.append(batch(1), CLIENT), refused);
  assert.throws(() => log.ready(), refused);
  return true;
}

export interface OpenPartition {
  readonly engine: MemoryEngine;
  readonly clock: ManualClock;
  readonly log: StreamPartitionLog;
}

/** A partition over stream 1. */
export function openPartition(options: OpenOptions = {}): OpenPartition {
  const engine = options.engine ?? new MemoryEngine();
  const clock = options.clock ?? new ManualClock();
  engine.createStream(1);
  const identity = { topicName: 't', topicId: 'id', index: 0, stream: 1, leaderEpoch: options.leaderEpoch ?? 0 };
  const settings = partitionSettings(options.configs, options.validation);
  return { engine, clock, log: new StreamPartitionLog(identity, settings, engine, clock) };
}

export function records(count: number, timestampMs = NOW): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: Buffer.from(`k${i}`),
    value: Buffer.from(`v${i}`),
    timestampMs,
  }));
}

/** A batch of `count` plain records. */
export function batch(count = 1, options: BatchOptions = {}, timestampMs = NOW): Slice {
  return plainSlice(buildBatch(records(count, timestampMs), options));
}

/** A batch of an idempotent producer. */
export function sequenced(baseSequence: number, count = 1, epoch = 0, producerId = 7n): Slice {
  return batch(count, { producerId, producerEpoch: epoch, baseSequence });
}

/** The way a produce handler goes: ready, prepare, append. */
export async function produce(log: PartitionLog, slice: Slice, options = CLIENT): Promise<AppendResult> {
  await log.ready();
  return log.append((await log.prepare(slice, options)) ?? slice, options);
}

export function committed(log: PartitionLog, endOffset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    log.whenCommitted(endOffset, (error) => (error === null ? resolve() : reject(error)));
  });
}
