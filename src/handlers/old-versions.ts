/**
 * The versions that Kafka 3.9 served and 4.0 dropped (KIP-896), and who needs them: `walka.min.client.version` says how old
 * clients may be. Whoever is older is refused as by Kafka 4.
 */
import { ApiKey, apiInfo } from '../../protocol/apis.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { ApiRange } from './types.ts';

/** By API, the first release whose clients do without the versions that were dropped. */
const DONE_WITHOUT: ReadonlyMap<number, string> = new Map<number, string>([
  [ApiKey.Produce, '0.11'],
  [ApiKey.Fetch, '0.11'],
  [ApiKey.ListOffsets, '0.10.1'],
  [ApiKey.OffsetCommit, '0.9'],
  [ApiKey.OffsetFetch, '0.8.2'],
  [ApiKey.CreateTopics, '0.11'],
  [ApiKey.DeleteTopics, '0.11'],
  [ApiKey.OffsetForLeaderEpoch, '2.1'],
  [ApiKey.WriteTxnMarkers, '2.1'],
  [ApiKey.DescribeAcls, '2.0'],
  [ApiKey.CreateAcls, '2.0'],
  [ApiKey.DeleteAcls, '2.0'],
  [ApiKey.DescribeConfigs, '1.1'],
  [ApiKey.AlterReplicaLogDirs, '2.0'],
  [ApiKey.DescribeLogDirs, '2.0'],
  [ApiKey.CreateDelegationToken, '2.0'],
  [ApiKey.RenewDelegationToken, '2.0'],
  [ApiKey.ExpireDelegationToken, '2.0'],
  [ApiKey.DescribeDelegationToken, '2.0'],
]);

/** Negative where release `a` is the older one: by number, so that 0.9 comes before 0.10. */
function compareReleases(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  const place = left.findIndex((number, i) => number !== (right[i] ?? 0));
  if (place >= 0) return (left[place] ?? 0) - (right[place] ?? 0);
  return right.slice(left.length).some((number) => number > 0) ? -1 : 0;
}

/** The oldest version of an API that is served with these settings. */
export function oldestVersion({ apiKey, minVersion }: ApiRange, config: BrokerConfig): number {
  const first = apiInfo.get(apiKey)?.minVersion ?? minVersion;
  const release = DONE_WITHOUT.get(apiKey);
  if (minVersion >= first || release === undefined) return minVersion;
  return compareReleases(config.string('walka.min.client.version'), release) < 0 ? minVersion : first;
}

/** The API with no versions but those that are served with these settings. */
export function narrowed<Api extends ApiRange>(api: Api, config: BrokerConfig): Api {
  const minVersion = oldestVersion(api, config);
  return minVersion === api.minVersion ? api : { ...api, minVersion };
}
