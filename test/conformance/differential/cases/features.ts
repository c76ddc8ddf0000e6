/** Finalized features: what UpdateFeatures changes and refuses, and what ApiVersions shows of it. */
import type { Case, Session } from '../session.ts';

const [UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE] = [1, 2, 3] as const;
/** A feature of two levels that nothing else here depends on. */
const ELR = 'eligible.leader.replicas.version';

type Update = readonly [feature: string, level: number, upgradeType?: number];

function update(session: Session, step: string, version: number, updates: readonly Update[], validateOnly = false) {
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => ({
    feature,
    maxVersionLevel,
    ...(version === 0 ? { allowDowngrade: upgradeType !== UPGRADE } : { upgradeType }),
  }));
  const body = version === 0 ? {} : { validateOnly };
  return session.call(step, 'UpdateFeatures', version, { timeoutMs: 10_000, featureUpdates, ...body });
}

/** Writes down the feature's level once `level` is shown, which takes Kafka a moment. */
async function shows(session: Session, step: string, level: number): Promise<void> {
  const body = { clientSoftwareName: 'differential', clientSoftwareVersion: '1' };
  for (;;) {
    const { finalizedFeatures } = await session.quietly('ApiVersions', 4, body);
    const found = finalizedFeatures.find(({ name }: { name: string }) => name === ELR);
    if ((found?.maxVersionLevel ?? 0) !== level) continue;
    session.transcript.push({ step, answer: found ?? null });
    return;
  }
}

const updateCases = [0, 1, 2].map(
  (version): Case => ({
    name: `UpdateFeatures v${version}`,
    run: async (session) => {
      const call = (step: string, ...updates: Update[]) => update(session, step, version, updates);
      await call('nothing');
      await call('what is there', [ELR, 1]);
      await call('twice', [ELR, 1], [ELR, 1]);
      await call('down by an upgrade', [ELR, 0]);
      await call('down', [ELR, 0, SAFE_DOWNGRADE]);
      if (version > 0) {
        await shows(session, 'down', 0);
        await call('up by a downgrade', [ELR, 1, SAFE_DOWNGRADE]);
        await call('up by an unsafe downgrade', [ELR, 1, UNSAFE_DOWNGRADE]);
        await call('up', [ELR, 1]);
        await shows(session, 'up', 1);
        await update(session, 'down, checked', version, [[ELR, 0, UNSAFE_DOWNGRADE]], true);
        await shows(session, 'checked only', 1);
        await call('both, one wrong', [ELR, 0, SAFE_DOWNGRADE], ['no.such.version', 1]);
        await shows(session, 'none of both', 1);
      }
      await call('an unknown one', ['no.such.version', 1]);
      await call('an unknown one, off', ['no.such.version', 0, SAFE_DOWNGRADE]);
      await call('a nameless one', ['', 1]);
      await call('too high', [ELR, 2]);
      await call('negative', [ELR, -1, SAFE_DOWNGRADE]);
      await call('metadata.version too high', ['metadata.version', 99]);
      await call('metadata.version too low', ['metadata.version', 6, SAFE_DOWNGRADE]);
      await call('metadata.version off', ['metadata.version', 0, UNSAFE_DOWNGRADE]);
      await call('metadata.version back', ['metadata.version', 32, SAFE_DOWNGRADE]);
      await call('metadata.version back, unsafe', ['metadata.version', 32, UNSAFE_DOWNGRADE]);
      if (version === 0) return;
      for (const type of [0, 4, 127]) await call(`upgrade type ${type}`, [ELR, 0, type]);
    },
  }),
);

export const featureCases: readonly Case[] = updateCases;
