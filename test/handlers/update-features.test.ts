/** UpdateFeatures, and what ApiVersions shows of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../protocol/errors.ts';
import { writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import { writeUpdateFeaturesRequest } from '../../protocol/generated/update-features-request.ts';
import { readUpdateFeaturesResponse } from '../../protocol/generated/update-features-response.ts';
import { apiVersionsHandler } from '../../src/handlers/api-versions.ts';
import type { BrokerServices } from '../../src/handlers/types.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { updateFeaturesHandler } from '../../src/handlers/update-features.ts';
import { adminServices, call } from '../support/admin-services.ts';

const UPDATE = { api: updateFeaturesHandler, write: writeUpdateFeaturesRequest, read: readUpdateFeaturesResponse };
const VERSIONS = { api: apiVersionsHandler(() => []), write: writeApiVersionsRequest, read: readApiVersionsResponse };
const ELR = 'eligible.leader.replicas.version';

async function shown(services: BrokerServices, version = 4) {
  const names = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };
  const { supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch } = await call(
    services,
    VERSIONS,
    version,
    names,
  );
  return {
    supported: supportedFeatures.find(({ name }) => name === ELR),
    finalized: finalizedFeatures.find(({ name }) => name === ELR),
    epoch: finalizedFeaturesEpoch,
  };
}

test('each version changes levels, with results per feature up to version 1', async () => {
  for (let version = 0; version <= 2; version++) {
    const services = await adminServices({});
    const up = { feature: ELR, maxVersionLevel: 1 };
    const again = await call(services, UPDATE, version, { featureUpdates: [up] });
    assert.equal(again.errorCode, ErrorCode.NONE);
    assert.equal(again.errorMessage, null);
    const results = version < 2 ? [{ feature: ELR, errorCode: 0, errorMessage: 'NONE' }] : [];
    assert.deepEqual(again.results, results);
    const down = await call(services, UPDATE, version, {
      featureUpdates: [
        { feature: ELR, maxVersionLevel: 0, ...(version === 0 ? { allowDowngrade: true } : { upgradeType: 2 }) },
      ],
    });
    assert.equal(down.errorCode, version === 0 ? ErrorCode.INVALID_UPDATE_VERSION : ErrorCode.NONE);
    assert.equal(services.features.level(ELR), version === 0 ? 1 : 0);
  }
});

test('ApiVersions shows what is served, what is in force, and a later epoch after a change', async () => {
  const services = await adminServices();
  assert.deepEqual(await shown(services), {
    supported: { name: ELR, minVersion: 0, maxVersion: 1 },
    finalized: { name: ELR, maxVersionLevel: 1, minVersionLevel: 1 },
    epoch: 1,
  });
  assert.equal((await shown(services, 3)).supported, undefined);
  await call(services, UPDATE, 2, { featureUpdates: [{ feature: ELR, maxVersionLevel: 0, upgradeType: 2 }] });
  const after = await shown(services);
  assert.equal(after.finalized, undefined);
  assert.equal(after.epoch, 2);
});

test('a check alone changes nothing, and a refusal has no results', async () => {
  const services = await adminServices();
  const down = [{ feature: ELR, maxVersionLevel: 0, upgradeType: 2 }];
  const checked = await call(services, UPDATE, 1, { featureUpdates: down, validateOnly: true });
  assert.equal(checked.errorCode, ErrorCode.NONE);
  assert.equal(services.features.level(ELR), 1);
  const refused = await call(services, UPDATE, 1, { featureUpdates: [{ feature: 'foo', maxVersionLevel: 1 }] });
  assert.equal(refused.errorCode, ErrorCode.INVALID_UPDATE_VERSION);
  assert.deepEqual(refused.results, []);
});

test('a change is logged with its levels, a check is not', async () => {
  const said: unknown[] = [];
  const logger: Logger = { ...silentLogger, info: (event, _message, fields) => void said.push([event, fields]) };
  const services = { ...(await adminServices()), logger };
  const down = [{ feature: ELR, maxVersionLevel: 0, upgradeType: 2 }];
  await call(services, UPDATE, 1, { featureUpdates: down, validateOnly: true });
  assert.deepEqual(said, []);
  await call(services, UPDATE, 1, { featureUpdates: down });
  assert.deepEqual(said, [['features-changed', { [ELR]: 0 }]]);
});
