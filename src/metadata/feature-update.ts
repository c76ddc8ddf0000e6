/** Which changes of finalized features are allowed, and how Kafka says that one is not. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import { FEATURES, METADATA_VERSION } from '../config/features.ts';

/** Kafka's upgrade types on the wire. */
export const UpgradeType = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

export interface FeatureUpdate {
  readonly level: number;
  /** As it came; may be none of UpgradeType. */
  readonly upgradeType: number;
}

/** metadata.versions that changed what Kafka's metadata log holds: no way leads back behind one. */
const CHANGED_METADATA: readonly number[] = [8, 11, 13, 14, 15, 17, 23, 30, 32, 33];

/**
 * The levels above 0 after these updates.
 * @throws KafkaError INVALID_UPDATE_VERSION for the first that is not allowed
 */
export function checkFeatureUpdates(
  levels: ReadonlyMap<string, number>,
  updates: ReadonlyMap<string, FeatureUpdate>,
  nodeId: number,
): Map<string, number> {
  const next = new Map(levels);
  for (const [name, { level }] of updates) {
    if (level > 0) next.set(name, level);
    else next.delete(name);
  }
  for (const [name, update] of updates) {
    const problem = problemOf(name, update, levels.get(name) ?? 0, next, nodeId);
    if (problem === null) continue;
    const message = `The update failed for all features since the following feature had an error: ${problem}`;
    throw new KafkaError(ErrorCode.INVALID_UPDATE_VERSION, message);
  }
  return next;
}

function problemOf(
  name: string,
  { level, upgradeType }: FeatureUpdate,
  current: number,
  next: ReadonlyMap<string, number>,
  nodeId: number,
): string | null {
  const reason =
    typeProblem(upgradeType) ??
    rangeProblem(name, level, nodeId) ??
    directionProblem(name, level, current, upgradeType);
  if (reason !== null) return `Invalid update version ${level} for feature ${name}. ${reason}`;
  if (name === METADATA_VERSION) return metadataProblem(level, current, upgradeType);
  const needed = level > 0 ? (FEATURES.get(name)?.needsMetadataVersion ?? 0) : 0;
  if ((next.get(METADATA_VERSION) ?? 0) >= needed) return null;
  const missing = `${name} could not be set to ${level} because it depends on ${METADATA_VERSION} level ${needed}`;
  return `Invalid update version ${level} for feature ${name}. ${missing}`;
}

function typeProblem(upgradeType: number): string | null {
  const isKnown = Object.values(UpgradeType).some((type) => type === upgradeType);
  return isKnown ? null : 'The controller does not support the given upgrade type.';
}

function rangeProblem(name: string, level: number, nodeId: number): string | null {
  if (level < 0) return 'A feature version cannot be less than 0.';
  const feature = FEATURES.get(name);
  if (feature === undefined) {
    return level === 0 ? `Feature ${name} not found.` : `Local controller ${nodeId} does not support this feature.`;
  }
  if (level >= feature.min && level <= feature.max) return null;
  return `Local controller ${nodeId} only supports versions ${feature.min}-${feature.max}`;
}

function directionProblem(name: string, level: number, current: number, upgradeType: number): string | null {
  if (level > current && upgradeType !== UpgradeType.UPGRADE) return "Can't downgrade to a newer version.";
  if (level >= current) return null;
  if (upgradeType === UpgradeType.UPGRADE) {
    const how = 'without setting the upgrade type to either safe or unsafe downgrade.';
    return `Can't downgrade the version of this feature ${how}`;
  }
  return name === 'kraft.version' ? "Can't downgrade the version of this feature." : null;
}

function metadataProblem(level: number, current: number, upgradeType: number): string | null {
  if (!CHANGED_METADATA.some((changed) => changed > level && changed <= current)) return null;
  const reason =
    upgradeType === UpgradeType.UNSAFE_DOWNGRADE
      ? 'Unsafe metadata downgrade is not supported in this version.'
      : 'Refusing to perform the requested downgrade because it might delete metadata information.';
  return `Unsupported ${METADATA_VERSION} downgrade from ${current} to ${level}. ${reason}`;
}
