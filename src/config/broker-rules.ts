/** What must hold between broker settings when they change while the broker runs, as in Kafka. */
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { BrokerConfig } from './broker-config.ts';
import { brokerSetting, listenerSettingBase } from './broker-settings.ts';
import { inconsistency } from './consistency.ts';

/** Sizes of thread pools: they may grow to double and shrink to half in one step. */
const THREAD_COUNTS: readonly string[] = [
  'background.threads',
  'log.cleaner.threads',
  'num.io.threads',
  'num.network.threads',
  'num.recovery.threads.per.data.dir',
  'num.replica.fetchers',
  'remote.log.manager.copier.thread.pool.size',
  'remote.log.manager.expiration.thread.pool.size',
  'remote.log.manager.follower.thread.pool.size',
  'remote.log.reader.threads',
];

/** Nothing would get in any more, not even what changes them back. */
const ABOVE_ZERO: readonly string[] = ['max.connection.creation.rate', 'max.connections'];

/** Kafka can change these while it runs; here they are read at the start. */
const READ_AT_START: readonly string[] = ['listener.security.protocol.map', 'listeners', 'principal.builder.class'];

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
  const text = (name: string): string | null => textAfter(name, changed, config, ofThisBroker);
  const after = (name: string): number => Number(text(name));
  for (const name of READ_AT_START) {
    if (text(name) !== config.text(name)) throw refuse(`${name} cannot change while the broker runs`);
  }
  const ofListeners = [...changed.keys()].filter((name) => ABOVE_ZERO.includes(listenerSettingBase(name) ?? ''));
  for (const name of [...ABOVE_ZERO, ...ofListeners]) {
    if (after(name) <= 0) throw refuse(`Invalid ${listenerSettingBase(name) ?? name} ${after(name)}`);
  }
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
  const wrong = inconsistency(text);
  if (wrong !== null) throw refuse(wrong.text);
}
