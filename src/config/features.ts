/** Finalized features (KIP-584): which levels can be served, and which are in force. */
import { ConfigError } from './config-error.ts';
import { didYouMean } from './nearest.ts';

export interface FeatureRange {
  readonly min: number;
  readonly max: number;
  /** Level in force unless another is asked for. */
  readonly level: number;
}

/**
 * Features of Apache Kafka 4.4 with the levels served here. Level 0 means that a feature is off: what belongs to
 * transactions, the consumer protocol, share and streams groups is not served yet.
 */
export const FEATURES: ReadonlyMap<string, FeatureRange> = new Map([
  ['metadata.version', { min: 7, max: 33, level: 33 }],
  ['kraft.version', { min: 0, max: 1, level: 0 }],
  ['transaction.version', { min: 0, max: 0, level: 0 }],
  ['group.version', { min: 0, max: 0, level: 0 }],
  ['eligible.leader.replicas.version', { min: 0, max: 0, level: 0 }],
  ['share.version', { min: 0, max: 0, level: 0 }],
  ['streams.version', { min: 0, max: 0, level: 0 }],
]);

/**
 * Levels in force, of features above level 0, where `asked` overrides the defaults.
 * @throws ConfigError for a feature that is unknown or a level that is not served
 */
export function finalizedFeatures(asked: ReadonlyMap<string, number>): Map<string, number> {
  for (const [name, level] of asked) {
    const range = FEATURES.get(name);
    if (range === undefined) {
      throw new ConfigError(`unknown feature ${name}${didYouMean(name, FEATURES.keys())}`, [name]);
    }
    if (!Number.isInteger(level) || level < range.min || level > range.max) {
      const served = range.min === range.max ? `only ${range.max}` : `${range.min} to ${range.max}`;
      throw new ConfigError(`feature ${name}=${level} is not served: this broker serves ${served}`, [name]);
    }
  }
  const levels = [...FEATURES].map(([name, { level }]) => [name, asked.get(name) ?? level] as const);
  return new Map(levels.filter(([, level]) => level > 0));
}
