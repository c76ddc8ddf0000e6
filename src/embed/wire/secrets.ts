/** What is left out of recordings: what somebody could log in with. */
import { apiName, type ApiName } from '../../../protocol/apis.ts';
import type { RequestHeader } from '../../../protocol/header.ts';

/** Their requests or answers are tokens, passwords or what is made of these. */
const SECRET_APIS: ReadonlySet<string> = new Set<ApiName>([
  'SaslAuthenticate',
  'AlterUserScramCredentials',
  'CreateDelegationToken',
  'RenewDelegationToken',
  'ExpireDelegationToken',
  'DescribeDelegationToken',
  'Envelope',
]);
/** Their requests have settings. */
const SETTING_APIS: ReadonlySet<string> = new Set<ApiName>(['AlterConfigs', 'IncrementalAlterConfigs']);
const SECRET_SETTING = /password|secret|jaas\.config|keystore\.key/i;

/** Whether the request, or its answer, may not be kept. */
export function isSecret({ apiKey }: RequestHeader, frame: Buffer): boolean {
  const api = apiName(apiKey);
  // Names of settings are text as it is, in every version.
  return SECRET_APIS.has(api) || (SETTING_APIS.has(api) && SECRET_SETTING.test(frame.toString('latin1')));
}
