/** Dynamic settings of brokers whose values are bound by rules of their own, one at a time and only as a check. */
import type { Case, Session } from '../session.ts';

const BROKER = 4;
const SET = 0;

const OVERRIDES = [
  '',
  ',',
  'a:1',
  'a:1,',
  ',a:1',
  'a:1, b:2',
  'a:1,,b:2',
  'a',
  'a:',
  ':1',
  'a:x',
  'a:-1',
  'a: 1',
  'a:+1',
  'a:1.0',
  '::1:5',
  '[::1]:5',
  'a b:1',
  'a/b:1',
  'a_b:1',
  'ä:1',
  '1.2.3.4:2147483647',
  '1.2.3.4:2147483648',
];

/** For one broker and for all. */
const VALUES: ReadonlyArray<readonly [name: string, ...values: string[]]> = [
  ['log.retention.ms', '-5', '-1', '0', '1'],
  ['log.roll.ms', '-1', '0', '1'],
  ['log.roll.jitter.ms', '-1', '0', '1'],
  ['log.cleaner.threads', '-1', '0', '1', '2', '3'],
  ['log.cleaner.min.cleanable.ratio', '0.5', '.5', '5e-1', '0x1', '0b1', '1.1', '', 'half'],
  ['log.cleaner.io.max.bytes.per.second', '0x1', '1e9', 'Infinity'],
  ['max.connections', '-1', '0', '1000'],
  ['max.connection.creation.rate', '-1', '0', '1000'],
  ['max.connections.per.ip', '-1', '0', '1000'],
  ['max.connections.per.ip.overrides', ...OVERRIDES],
  ['remote.log.reader.threads', '4', '5', '20', '21'],
  ['remote.log.manager.copier.thread.pool.size', '4', '5', '20', '21'],
  ['remote.log.manager.expiration.thread.pool.size', '4', '5', '20', '21'],
  ['listener.name.plaintext.max.connections', '5'],
  ['listener.name.plaintext.max.connection.creation.rate', '5'],
  ['listener.name.plaintext.num.network.threads', '3'],
  ['listener.name.plaintext.message.max.bytes', '5000'],
  ['listener.name.other.max.connections', '5'],
  // Neither broker listens there.
  ['listeners', 'PLAINTEXT://127.0.0.1:1', 'garbage'],
  ['listener.security.protocol.map', 'PLAINTEXT:PLAINTEXT', 'garbage'],
  ['principal.builder.class', 'no.such.Class'],
];

async function check(session: Session, resourceName: string): Promise<void> {
  for (const [name, ...values] of VALUES) {
    for (const value of values) {
      await session.call(`${name}=${value}`, 'IncrementalAlterConfigs', 1, {
        resources: [{ resourceType: BROKER, resourceName, configs: [{ name, configOperation: SET, value }] }],
        validateOnly: true,
      });
    }
  }
}

export const brokerSettingCases: readonly Case[] = [
  { name: 'IncrementalAlterConfigs checks values of one broker', run: (session) => check(session, '1') },
  { name: 'IncrementalAlterConfigs checks values of all brokers', run: (session) => check(session, '') },
];
