/** Makes a new broker ready for a run. */
import { ApiKey } from '../../protocol/apis.ts';
import { writeUpdateFeaturesRequest } from '../../protocol/generated/update-features-request.ts';
import { readUpdateFeaturesResponse } from '../../protocol/generated/update-features-response.ts';
import { CreateTopics } from '../support/admin-apis.ts';
import { WireClient } from '../support/wire-client.ts';
import type { Topics } from './run-state.ts';

const UpdateFeatures = {
  apiKey: ApiKey.UpdateFeatures,
  write: writeUpdateFeaturesRequest,
  read: readUpdateFeaturesResponse,
};
/** A way back that may lose something: here there is nothing yet. */
const UNSAFE_DOWNGRADE = 3;

export async function createTopics(port: number, { log, copies }: Topics): Promise<void> {
  const client = await WireClient.open(port);
  const topics = [log, copies].map(({ name, partitions }) => ({
    name,
    numPartitions: partitions,
    replicationFactor: 1,
  }));
  const answer = await client.call(CreateTopics, 6, { topics, timeoutMs: 10_000 });
  const failed = answer.topics.find(({ errorCode }) => errorCode !== 0);
  if (failed !== undefined) throw new Error(`${failed.name}: error ${failed.errorCode}`);
  client.close();
}

/** @param level of the feature transaction.version, not higher than that of a new broker */
export async function setTransactionVersion(port: number, level: number): Promise<void> {
  const client = await WireClient.open(port);
  const featureUpdates = [{ feature: 'transaction.version', maxVersionLevel: level, upgradeType: UNSAFE_DOWNGRADE }];
  const { errorCode, errorMessage } = await client.call(UpdateFeatures, 1, { timeoutMs: 10_000, featureUpdates });
  if (errorCode !== 0) throw new Error(`transaction.version ${level}: error ${errorCode} ${errorMessage}`);
  client.close();
}
