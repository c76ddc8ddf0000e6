/**
 * Names that are no settings and may be given all the same, as files written for other brokers have them: settings that
 * Kafka had once (0.8 to 4.3), and those of programs that are plugged into it. Whatever is none of these and resembles no
 * setting is taken for a plugin's, too.
 */
import { BROKER_SETTINGS, listenerSettingBase } from './broker-settings.ts';
import { nearestName } from './nearest.ts';

/** Settings that Kafka had once, with those that took their place. */
const REMOVED: ReadonlyMap<string, string | null> = new Map([
  ['advertised.host.name', 'advertised.listeners'],
  ['advertised.port', 'advertised.listeners'],
  ['auto.include.jmx.reporter', 'metric.reporters'],
  ['broker.id.generation.enable', 'node.id'],
  ['control.plane.listener.name', null],
  ['controlled.shutdown.max.retries', null],
  ['controlled.shutdown.retry.backoff.ms', null],
  ['controller.message.queue.size', null],
  ['delegation.token.master.key', 'delegation.token.secret.key'],
  ['eligible.leader.replicas.enable', null],
  ['group.coordinator.new.enable', 'group.coordinator.rebalance.protocols'],
  ['group.share.enable', 'group.coordinator.rebalance.protocols'],
  ['group.share.max.groups', null],
  ['host.name', 'listeners'],
  ['inter.broker.protocol.version', null],
  ['leader.imbalance.per.broker.percentage', null],
  ['log.message.format.version', null],
  ['log.message.timestamp.difference.max.ms', 'log.message.timestamp.before.max.ms'],
  ['max.id.map.snapshots', null],
  ['metadata.log.segment.min.bytes', null],
  ['offsets.commit.required.acks', null],
  ['password.encoder.cipher.algorithm', null],
  ['password.encoder.iterations', null],
  ['password.encoder.key.length', null],
  ['password.encoder.keyfactory.algorithm', null],
  ['password.encoder.old.secret', null],
  ['password.encoder.secret', null],
  ['port', 'listeners'],
  ['quota.consumer.default', null],
  ['quota.producer.default', null],
  ['replica.lag.max.messages', 'replica.lag.time.max.ms'],
  ['reserved.broker.max.id', null],
]);

/** How names begin whose rest somebody else chooses. */
const FREE: readonly string[] = [
  'client.quota.callback.',
  'com.',
  'confluent.',
  'cruise.control.',
  'external.kafka.statsd.',
  'inkless.',
  'io.',
  'kafka.csv.',
  'kafka.ganglia.',
  'kafka.graphite.',
  'kafka.statsd.',
  'oauth.',
  'opa.authorizer.',
  'org.',
  'prometheus.metrics.',
  'ranger.',
  'rlmm.config.',
  'rsm.config.',
  'strimzi.',
  'zookeeper.',
];

/** Whether a name is one that somebody else once gave a meaning. */
export function isForeign(name: string): boolean {
  return REMOVED.has(name) || FREE.some((beginning) => name.startsWith(beginning));
}

/** A name with what took its place, for people. */
export function withReplacement(name: string): string {
  const now = REMOVED.get(name) ?? null;
  return now === null ? name : `${name} (now ${now})`;
}

/** The setting that was probably meant by a name which is none, or null. */
export function nearestSetting(name: string): string | null {
  const base = listenerSettingBase(name);
  if (base === null) return nearestName(name, BROKER_SETTINGS.keys());
  const nearest = nearestName(base, BROKER_SETTINGS.keys());
  return nearest === null ? null : `${name.slice(0, -base.length)}${nearest}`;
}
