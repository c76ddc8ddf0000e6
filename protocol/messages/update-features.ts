/** UpdateFeatures, API key 57. */
import { bool, int16, int32, int8, message, string, structs } from '../schema.ts';

export const UpdateFeaturesRequest = message({
  kind: 'request',
  name: 'UpdateFeaturesRequest',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  listeners: ['broker', 'controller'],
  about: 'Changes finalized feature levels.',
  fields: {
    timeoutMs: int32({ about: 'How long the server may take, in ms.', default: 60000 }),
    featureUpdates: structs(
      'FeatureUpdateKey',
      {},
      {
        feature: string(),
        maxVersionLevel: int16(),
        allowDowngrade: bool({ versions: '0' }),
        upgradeType: int8({ about: '1 upgrade, 2 safe downgrade, 3 unsafe downgrade.', versions: '1+', default: 1 }),
      },
    ),
    validateOnly: bool({ about: 'Check everything, change nothing.', versions: '1+' }),
  },
});

export const UpdateFeaturesResponse = message({
  kind: 'response',
  name: 'UpdateFeaturesResponse',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  about: 'Which features were changed.',
  fields: {
    throttleTimeMs: int32({ about: 'How long the broker holds the connection back, in ms.' }),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: structs(
      'UpdatableFeatureResult',
      { versions: '0-1', ignorable: true },
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      },
    ),
  },
});
