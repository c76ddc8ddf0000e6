/** Which Node a broker can run in: an older one would start it and fail in the middle of something. */
import { ConfigError } from '../config/config-error.ts';

/** As package.json has it under `engines`. */
export const OLDEST_NODE = '22.15';

/** @throws ConfigError where the version, such as 22.14.0, is older */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new ConfigError(`startBroker: needs Node ${OLDEST_NODE} or newer, and this is ${version}`);
}
