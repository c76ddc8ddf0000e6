/** Finalized features: which changes are allowed, and that they last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { FeatureLevels } from '../../src/metadata/feature-levels.ts';
import { type FeatureUpdate, UpgradeType } from '../../src/metadata/feature-update.ts';
import { MemoryCatalog } from '../../src/storage/catalog/memory.ts';

const ELR = 'eligible.leader.replicas.version';
const { UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE } = UpgradeType;

async function open(asked: Record<string, number> = {}, catalog = new MemoryCatalog()): Promise<FeatureLevels> {
  const { features: recorded } = await catalog.load('c');
  const features = new FeatureLevels({ catalog, nodeId: 7, recorded, asked: new Map(Object.entries(asked)) });
  await catalog.start(undefined, features.finalized);
  return features;
}

function update(features: FeatureLevels, name: string, level: number, upgradeType: number = UPGRADE): Promise<void> {
  return features.update(new Map([[name, { level, upgradeType }]]), false);
}

function refusal(text: string) {
  const message = `The update failed for all features since the following feature had an error: ${text}`;
  return { code: ErrorCode.INVALID_UPDATE_VERSION, message };
}

test('levels go up by an upgrade and down by a downgrade', async () => {
  const features = await open();
  await assert.rejects(
    update(features, ELR, 0),
    refusal(
      `Invalid update version 0 for feature ${ELR}. Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.`,
    ),
  );
  assert.equal(features.level(ELR), 1);
  await update(features, ELR, 0, SAFE_DOWNGRADE);
  assert.equal(features.level(ELR), 0);
  assert.ok(!features.finalized.levels.has(ELR));
  const newer = refusal(`Invalid update version 1 for feature ${ELR}. Can't downgrade to a newer version.`);
  await assert.rejects(update(features, ELR, 1, UNSAFE_DOWNGRADE), newer);
  await update(features, ELR, 1);
  await update(features, ELR, 1, SAFE_DOWNGRADE);
  assert.equal(features.level(ELR), 1);
});

test('a level or feature that is not served is refused', async () => {
  const features = await open();
  const cases: readonly (readonly [string, number, number, string])[] = [
    ['foo', 1, UPGRADE, 'Local controller 7 does not support this feature.'],
    ['foo', 0, UPGRADE, 'Feature foo not found.'],
    [ELR, 2, UPGRADE, 'Local controller 7 only supports versions 0-1'],
    [ELR, -1, SAFE_DOWNGRADE, 'A feature version cannot be less than 0.'],
    ['metadata.version', 0, SAFE_DOWNGRADE, 'Local controller 7 only supports versions 7-33'],
    [ELR, 0, 4, 'The controller does not support the given upgrade type.'],
    [ELR, 0, 0, 'The controller does not support the given upgrade type.'],
  ];
  for (const [name, level, type, reason] of cases) {
    const message = `Invalid update version ${level} for feature ${name}. ${reason}`;
    await assert.rejects(update(features, name, level, type), refusal(message));
  }
});

test('metadata.version goes back only as far as the metadata did not change', async () => {
  const features = await open({ 'metadata.version': 29 });
  await update(features, 'metadata.version', 24, SAFE_DOWNGRADE);
  assert.equal(features.level('metadata.version'), 24);
  const start = 'Unsupported metadata.version downgrade from 24 to 22.';
  await assert.rejects(
    update(features, 'metadata.version', 22, SAFE_DOWNGRADE),
    refusal(`${start} Refusing to perform the requested downgrade because it might delete metadata information.`),
  );
  await assert.rejects(
    update(features, 'metadata.version', 22, UNSAFE_DOWNGRADE),
    refusal(`${start} Unsafe metadata downgrade is not supported in this version.`),
  );
});

test('kraft.version never goes back', async () => {
  const features = await open();
  await update(features, 'kraft.version', 1);
  assert.equal(features.level('kraft.version'), 1);
  const message = "Invalid update version 0 for feature kraft.version. Can't downgrade the version of this feature.";
  await assert.rejects(update(features, 'kraft.version', 0, SAFE_DOWNGRADE), refusal(message));
});

test('a feature that needs a newer metadata.version is raised only together with it', async () => {
  const features = await open({ 'metadata.version': 22 });
  const message = `Invalid update version 1 for feature ${ELR}. ${ELR} could not be set to 1 because it depends on metadata.version level 23`;
  await assert.rejects(update(features, ELR, 1), refusal(message));
  const both = new Map<string, FeatureUpdate>([
    [ELR, { level: 1, upgradeType: UPGRADE }],
    ['metadata.version', { level: 23, upgradeType: UPGRADE }],
  ]);
  await features.update(both, false);
  assert.equal(features.level(ELR), 1);
});

test('of several updates with one that is wrong none is made, nor of any that are only checked', async () => {
  const features = await open();
  const updates = new Map<string, FeatureUpdate>([
    [ELR, { level: 0, upgradeType: SAFE_DOWNGRADE }],
    ['foo', { level: 1, upgradeType: UPGRADE }],
  ]);
  await assert.rejects(features.update(updates, false));
  updates.delete('foo');
  await features.update(updates, true);
  assert.equal(features.level(ELR), 1);
  assert.equal(features.finalized.epoch, 1);
});

test('levels that were changed stay after a restart, whatever it asks for', async () => {
  const catalog = new MemoryCatalog();
  const first = await open({ [ELR]: 1 }, catalog);
  const seen: number[] = [];
  first.onChange(() => seen.push(first.level(ELR)));
  await update(first, ELR, 0, SAFE_DOWNGRADE);
  assert.deepEqual(seen, [0]);
  await catalog.close();
  const second = await open({ [ELR]: 1, 'metadata.version': 20 }, catalog);
  assert.equal(second.finalized.epoch, 2);
  assert.equal(second.level('metadata.version'), 33);
  assert.equal(second.level(ELR), 0);
});

test('levels are put back to the first ones, whatever no update allows', async () => {
  const catalog = new MemoryCatalog();
  const features = await open({ 'metadata.version': 22 }, catalog);
  await features.restore();
  assert.equal(features.finalized.epoch, 1);
  await update(features, 'metadata.version', 33);
  await update(features, ELR, 1);
  let told = 0;
  features.onChange(() => void told++);
  await features.restore();
  assert.equal(features.level('metadata.version'), 22);
  assert.equal(features.level(ELR), 0);
  assert.deepEqual([features.finalized.epoch, told], [4, 1]);
  await catalog.close();
  const { finalized } = await open({}, catalog);
  assert.deepEqual([finalized.epoch, finalized.levels.get('metadata.version')], [4, 22]);
});

test('levels of a newer release are refused', async () => {
  const recorded = { epoch: 1, levels: new Map([['metadata.version', 99]]) };
  assert.throws(() => new FeatureLevels({ catalog: new MemoryCatalog(), nodeId: 1, recorded, asked: new Map() }), {
    code: 'TOO_NEW',
    message: 'The feature metadata.version is at level 99, and this release knows levels up to 33.',
  });
});
