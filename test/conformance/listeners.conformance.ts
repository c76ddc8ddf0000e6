/** Listeners and what is advertised, with odd hosts, names and ports, as Kafka's own start checks them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBrokerConfig } from '../../src/config/broker-config.ts';
import { missing } from './client-suite.ts';
import { askKafka, kafkaNeeds } from './settings-oracle.ts';

/** What makes Kafka start at all. */
const KAFKA_BASE = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.quorum.voters': '1@127.0.0.1:19093',
  'controller.listener.names': 'CONTROLLER',
};
const CONTROLLER = 'CONTROLLER://127.0.0.1:19093';
const MAP = 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,A:PLAINTEXT,B:PLAINTEXT,C:PLAINTEXT';

const HOSTS = (
  'a|a.b.|a..b|-a|a_b|1.2.3|999.1.1.1|%|[a]|::1|[::1]|fe80::1%eth0|[fe80::1%eth0]|${HOST_IP}|$(hostname)|{{host}}|' +
  '<host>|a b|a/b|a@b|ä.de|*| a|http://a'
).split('|');

const ADDRESSES = ['127.0.0.1', '127.0.0.2', '[::1]', '[::]', '0.0.0.0', 'localhost', ''];
const TEXTS = (
  'PLAINTEXT://a|PLAINTEXT://a:|PLAINTEXT://a:x|PLAINTEXT://a:+1|PLAINTEXT:a:1|://a:1|a:1|,||plaintext://a:1|' +
  'PLAINTEXT://a:1,PLAINTEXT://a:1|PLAINTEXT://a:1,PLAINTEXT://b:2|PLAINTEXT://a:1,|PLAINTEXT://a:1,NONE://a:2|' +
  'PLAINTEXT://a:09092|PLAINTEXT://a:99999999999999999999|PLAINTEXT://[::1]:1,A://[::2]:1|' +
  'PLAINTEXT://127.0.0.1:1,A://[::1]:1,B://[::2]:1|PLAINTEXT://a:0,A://a:0,B://b:0'
).split('|');
const LISTENERS = HOSTS.map((host) => `PLAINTEXT://${host}:9092`)
  .concat(TEXTS)
  .concat(ADDRESSES.map((address) => `PLAINTEXT://127.0.0.1:1,A://${address}:1`));

/** Where the two differ on purpose. */
const DIFFERENT_STARTS: readonly RegExp[] = [
  // Kafka tells clients the name of the machine, and 127.0.0.1 where none is set.
  /^advertised\.listeners=.*:\/\/:/,
  // Kafka takes all addresses of this machine for one that clients can reach, if it is that of IPv6.
  /^advertised\.listeners=.*\[::\]/,
  /^listeners=.*0\.0\.0\.0/,
];

function startOfWalka(values: Readonly<Record<string, string>>): string {
  try {
    const { advertisedListeners, listeners } = createBrokerConfig(new Map(Object.entries(values)));
    const told = listeners.map((listener) => advertisedListeners.get(listener.name) ?? listener);
    return `ok ${told.map(({ name, host, port }) => `${name} ${host || 'null'} ${port}\n`).join('')}`;
  } catch {
    return 'no';
  }
}

/** Kafka advertises only what advertised.listeners names; a listener that it leaves out is not compared. */
function places(answer: string): string {
  return answer
    .split('\n')
    .filter((line) => !/ 127\.0\.0\.1 [123]$/.test(line.replace(/^ok /, '')))
    .join('\n')
    .replace(/^ok /, '');
}

test('listeners and what is advertised are taken and refused as by Kafka', { skip: missing(kafkaNeeds) }, async () => {
  const starts = LISTENERS.flatMap((text) => {
    const served = `PLAINTEXT://127.0.0.1:1,A://127.0.0.1:2,B://127.0.0.1:3,${CONTROLLER}`;
    const listening = { listeners: text === '' ? '' : `${text},${CONTROLLER}` };
    const advertising = { listeners: served, 'advertised.listeners': text };
    return [
      { title: `listeners=${text}`, own: listening },
      { title: `advertised.listeners=${text}`, own: advertising },
    ];
  }).map(({ title, own }) => ({ title, values: { ...KAFKA_BASE, 'listener.security.protocol.map': MAP, ...own } }));
  const answers = await askKafka(starts.map(({ values }) => ['start', ...Object.entries(values).flat()]));
  const wrong = starts.flatMap(({ title, values }, at) => {
    const mine = startOfWalka(values);
    const theirs = answers[at] ?? '';
    const same = mine === 'no' ? theirs.startsWith('no ') : places(mine) === places(theirs);
    return same || DIFFERENT_STARTS.some((one) => one.test(title))
      ? []
      : [`${title}\n    Walka ${mine}\n    Kafka ${theirs}`];
  });
  assert.equal(wrong.length, 0, `\n  ${wrong.join('\n  ')}`);
});
