/** What must hold between broker settings when they change while the broker runs, as in Kafka. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { BrokerConfig } from './broker-config.ts';
import { brokerSetting } from './broker-settings.ts';

/** Sizes of thread pools: they may grow to double and shrink to half in one step. */
const THREAD_COUNTS: readonly string[] = [
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
];

const LEAST_DEDUPE_BYTES_PER_THREAD = 1024 * 1024;

function refuse(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

/** The text a setting would have if `changed` were the dynamic settings of this broker, or of all brokers. */
function textAfter(
  name: string,
  changed: ReadonlyMap<string, string>,
  config: BrokerConfig,
  ofThisBroker: boolean,
): string | null {
  const dynamic = ofThisBroker
    ? (changed.get(name) ?? config.dynamicDefaults.get(name))
    : (config.dynamicOwn.get(name) ?? changed.get(name));
  return dynamic ?? config.staticValues.get(name) ?? brokerSetting(name)?.defaultValue ?? null;
}

/** Checks settings against each other and against what is in force. @throws KafkaError INVALID_REQUEST */
export function checkBrokerRules(
  changed: ReadonlyMap<string, string>,
  config: BrokerConfig,
  ofThisBroker: boolean,
): void {
  const after = (name: string): number => Number(textAfter(name, changed, config, ofThisBroker));
  for (const name of THREAD_COUNTS) {
    const current = config.int(name);
    const next = after(name);
    const failed = `Dynamic thread count update validation failed for ${name}=${next}`;
    if (next < Math.floor(current / 2)) {
      throw refuse(`${failed}, value should be at least half the current value ${current}`);
    }
    if (next > current * 2) {
      throw refuse(`${failed}, value should not be greater than double the current value ${current}`);
    }
  }
  const bytesPerThread = Math.floor(after('log.cleaner.dedupe.buffer.size') / after('log.cleaner.threads'));
  if (bytesPerThread <= LEAST_DEDUPE_BYTES_PER_THREAD) {
    throw refuse('log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.');
  }
}
