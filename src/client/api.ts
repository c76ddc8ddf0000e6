/** One API as this client speaks it, and which of its versions it speaks with a broker. */
import { apiInfo, apiName } from '../../protocol/apis.ts';
import type { ApiKey } from '../../protocol/apis.ts';
import type { ApiVersion } from '../../protocol/generated/api-versions-response.ts';
import type { Input } from '../../protocol/input.ts';
import type { Reader } from '../../protocol/reader.ts';
import type { Writer } from '../../protocol/writer.ts';
import { ClientError } from './errors.ts';

export interface Api<Request, Response> {
  readonly key: ApiKey;
  /** Newest version that this client speaks; default: the newest there is. */
  readonly maxVersion?: number;
  /** Oldest version that can say what this client says; default: the oldest there is. */
  readonly minVersion?: number;
  readonly write: (writer: Writer, message: Input<Request>, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

/** An API with its codec; `versions` where this client does not speak all that there are. */
export function api<Request, Response>(
  key: ApiKey,
  write: Api<Request, Response>['write'],
  read: Api<Request, Response>['read'],
  versions: { readonly minVersion?: number; readonly maxVersion?: number } = {},
): Api<Request, Response> {
  return { key, write, read, ...versions };
}

/** Versions by API key, as a broker offers them. */
export type OfferedVersions = ReadonlyMap<number, ApiVersion>;

/** The newest version that both speak, or null. */
export function commonVersion(api: Api<never, unknown>, offered: OfferedVersions): number | null {
  const theirs = offered.get(api.key);
  const own = apiInfo.get(api.key);
  if (theirs === undefined || own === undefined) return null;
  const version = Math.min(theirs.maxVersion, api.maxVersion ?? own.maxVersion);
  return version >= Math.max(theirs.minVersion, api.minVersion ?? own.minVersion) ? version : null;
}

/** @throws ClientError NO_VERSION, naming what both have */
export function negotiated(api: Api<never, unknown>, offered: OfferedVersions): number {
  const version = commonVersion(api, offered);
  if (version !== null) return version;
  const name = apiName(api.key);
  const theirs = offered.get(api.key);
  if (theirs === undefined) throw new ClientError('NO_VERSION', `the broker does not serve ${name}`);
  const own = apiInfo.get(api.key);
  const min = api.minVersion ?? own?.minVersion;
  const max = api.maxVersion ?? own?.maxVersion;
  const versions = `versions ${theirs.minVersion} to ${theirs.maxVersion}, and this client ${min} to ${max}`;
  throw new ClientError('NO_VERSION', `the broker serves ${name} in ${versions}`);
}
