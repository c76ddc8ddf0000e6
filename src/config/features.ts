/**
 * Features (KIP-584): levels that a cluster has agreed on ("finalized"), as Apache Kafka 4.4 has them. Which levels there
 * are, and which a new cluster begins with; those in force are in `metadata/feature-levels.ts`.
 */
import { ConfigError } from './config-error.ts';
import { didYouMean } from './nearest.ts';

export interface Feature {
  readonly min: number;
  readonly max: number;
  /** Levels of a new cluster, each with the least metadata.version that brings it, highest last. */
  readonly defaults: ReadonlyArray<{ readonly level: number; readonly from: number }>;
  /** metadata.version that any level above 0 needs, if any. */
  readonly needsMetadataVersion?: number;
}

export const METADATA_VERSION = 'metadata.version';
/** Of a new cluster. */
const LATEST_METADATA_VERSION = 33;

/** Names that handlers and coordinators ask for. */
export type FeatureName =
  | 'metadata.version'
  | 'kraft.version'
  | 'transaction.version'
  | 'group.version'
  | 'eligible.leader.replicas.version'
  | 'share.version'
  | 'streams.version';

const KAFKA_FEATURES: ReadonlyArray<readonly [FeatureName, Feature]> = [
  ['metadata.version', { min: 7, max: 33, defaults: [{ level: LATEST_METADATA_VERSION, from: 0 }] }],
  ['kraft.version', { min: 0, max: 1, defaults: [] }],
  ['transaction.version', { min: 0, max: 2, defaults: [{ level: 2, from: 24 }] }],
  ['group.version', { min: 0, max: 1, defaults: [{ level: 1, from: 22 }] }],
  [
    'eligible.leader.replicas.version',
    { min: 0, max: 1, defaults: [{ level: 1, from: 26 }], needsMetadataVersion: 23 },
  ],
  [
    'share.version',
    {
      min: 0,
      max: 2,
      defaults: [
        { level: 1, from: 28 },
        { level: 2, from: 31 },
      ],
    },
  ],
  ['streams.version', { min: 0, max: 1, defaults: [{ level: 1, from: 29 }] }],
];

export const FEATURES: ReadonlyMap<string, Feature> = new Map(KAFKA_FEATURES);

/** @throws ConfigError for a feature that is unknown or a level that is not served */
export function checkAskedFeatures(asked: ReadonlyMap<string, number>): void {
  for (const [name, level] of asked) {
    const feature = FEATURES.get(name);
    if (feature === undefined) {
      throw new ConfigError(`unknown feature ${name}${didYouMean(name, FEATURES.keys())}`, [name]);
    }
    if (!Number.isInteger(level) || level < feature.min || level > feature.max) {
      const served = feature.min === feature.max ? `only ${feature.max}` : `${feature.min} to ${feature.max}`;
      throw new ConfigError(`feature ${name}=${level} is not served: this broker serves ${served}`, [name]);
    }
    const needed = level > 0 ? (feature.needsMetadataVersion ?? 0) : 0;
    if ((asked.get(METADATA_VERSION) ?? LATEST_METADATA_VERSION) < needed) {
      throw new ConfigError(`feature ${name}=${level} needs ${METADATA_VERSION}=${needed} at least`, [name]);
    }
  }
}

/** Levels above 0 that a new cluster begins with, where `asked` overrides the defaults of its metadata.version. */
export function initialLevels(asked: ReadonlyMap<string, number>): Map<string, number> {
  const metadataVersion = asked.get(METADATA_VERSION) ?? LATEST_METADATA_VERSION;
  const levels = [...FEATURES].map(([name, { defaults }]) => {
    const usual = defaults.findLast(({ from }) => from <= metadataVersion)?.level ?? 0;
    return [name, asked.get(name) ?? usual] as const;
  });
  return new Map(levels.filter(([, level]) => level > 0));
}
