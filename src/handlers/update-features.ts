/**
 * UpdateFeatures (57), versions 0 to 2 (KIP-584): changes the levels of features, all of the request or none.
 *
 * - v0 can only raise levels: it has an `allowDowngrade`, which Kafka does not look at any more. v1 has upgrade types and
 *   `validateOnly`.
 * - Up to v1 each feature has a result, with the message NONE, if all went well; v2 has none.
 * - A feature that is named twice gets what is said last.
 */
import { ApiKey } from '../../protocol/apis.ts';
import {
  readUpdateFeaturesRequest,
  type UpdateFeaturesRequest,
} from '../../protocol/generated/update-features-request.ts';
import {
  type UpdateFeaturesResponse,
  writeUpdateFeaturesResponse,
} from '../../protocol/generated/update-features-response.ts';
import type { Input } from '../../protocol/input.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import { requireCluster } from './authorize.ts';
import { outcome } from './api-error.ts';
import { handler } from './types.ts';

export const updateFeaturesHandler = handler<UpdateFeaturesRequest, Input<UpdateFeaturesResponse>>({
  apiKey: ApiKey.UpdateFeatures,
  minVersion: 0,
  maxVersion: 2,
  readRequest: readUpdateFeaturesRequest,
  writeResponse: writeUpdateFeaturesResponse,
  async handle(context, { featureUpdates, validateOnly }) {
    const { services } = context;
    const updates = new Map(
      featureUpdates.map(({ feature, maxVersionLevel, upgradeType }) => [
        feature,
        { level: maxVersionLevel, upgradeType },
      ]),
    );
    const fields = await outcome(async () => {
      requireCluster(context, 'ALTER');
      await services.features.update(updates, validateOnly);
    }, services);
    if (fields.errorCode !== ErrorCode.NONE) return fields;
    // Some changes have no way back.
    if (!validateOnly) {
      const levels = Object.fromEntries([...updates].map(([feature, { level }]) => [feature, level]));
      services.logger.info('features-changed', 'Levels of features were changed.', levels);
    }
    const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE, errorMessage: 'NONE' }));
    return { ...fields, results };
  },
});
