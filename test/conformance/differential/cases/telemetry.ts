/** Client-metrics subscriptions, and what clients are told of them (KIP-714). */
import { gzipSync } from 'node:zlib';
import type { Case, Session } from '../session.ts';

const CLIENT_METRICS = 16;
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3] as const;
const NONE = 'AAAAAAAAAAAAAAAAAAAAAA';
const RESERVED = 'AAAAAAAAAAAAAAAAAAAAAQ';
const MAX = 1_048_576;

type Change = readonly [name: string, value: string | null, operation?: number];

function alter(session: Session, step: string, name: string, ...changes: readonly Change[]) {
  const configs = changes.map(([key, value, configOperation = SET]) => ({ name: key, value, configOperation }));
  return session.call(step, 'IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: CLIENT_METRICS, resourceName: name, configs }],
    validateOnly: false,
  });
}

interface Instance {
  readonly id: string;
  readonly subscription: number;
}

/** What a client is told, with words for its ids; a name of its own is matched by the case's subscriptions alone. */
async function ask(session: Session, step: string, id = NONE): Promise<Instance> {
  const answer = await session.quietly('GetTelemetrySubscriptions', 0, { clientInstanceId: id });
  const { clientInstanceId, subscriptionId, requestedMetrics, ...rest } = answer;
  const ids = [clientInstanceId === NONE ? 'none' : clientInstanceId === id ? 'its own' : 'new', subscriptionId !== 0];
  session.transcript.push({ step, answer: { ...rest, ids, metrics: [...requestedMetrics].sort() } });
  return { id: clientInstanceId, subscription: subscriptionId };
}

function push(session: Session, step: string, { id, subscription }: Instance, more: object = {}) {
  const base = { clientInstanceId: id, subscriptionId: subscription, terminating: false, compressionType: 0 };
  return session.call(step, 'PushTelemetry', 0, { ...base, metrics: Buffer.alloc(0), ...more });
}

export const telemetryCases: readonly Case[] = [
  {
    name: 'client telemetry without subscriptions',
    run: async (session) => {
      const first = await ask(session, 'an id is given');
      await ask(session, 'again at once', first.id);
      await push(session, 'a push', first);
      await push(session, 'a push too soon', first);
      await push(session, 'too soon, for another subscription', { ...first, subscription: first.subscription + 1 });
      await push(session, 'no id', { ...first, id: NONE });
      await push(session, 'a reserved id', { ...first, id: RESERVED });
      await ask(session, 'again after a push', first.id);
      const second = await ask(session, 'another id');
      await push(session, 'another subscription', { ...second, subscription: second.subscription + 1 });
      await ask(session, 'again after an unknown subscription', second.id);
      const third = await ask(session, 'a third id');
      await push(session, 'another codec', third, { compressionType: 9 });
      await push(session, 'too soon after another codec', third);
      const fourth = await ask(session, 'a fourth id');
      await push(session, 'too large', fourth, { metrics: Buffer.alloc(MAX + 1) });
      const fifth = await ask(session, 'a fifth id');
      await push(session, 'as large as may be', fifth, { metrics: Buffer.alloc(MAX) });
      await push(session, 'the last one', fifth, { terminating: true });
      await push(session, 'one more', fifth, { terminating: true });
      await push(session, 'and one more', fifth);
      for (const [step, bytes] of [
        ['gzip', gzipSync(Buffer.alloc(MAX))],
        ['gzip of too much', gzipSync(Buffer.alloc(MAX + 1))],
        ['no gzip', Buffer.from('abc')],
      ] as const) {
        const instance = await ask(session, `an id for ${step}`);
        await push(session, step, instance, { compressionType: 1, metrics: bytes });
      }
    },
  },
  {
    name: 'client-metrics subscriptions are joined for a client',
    run: async (session) => {
      // Subscriptions are for everybody; those of other cases do not match.
      const own = 'AAAAAAAAAAAAAAAAAAAAcQ';
      const match = `client_instance_id=${own}`;
      await alter(session, 'a', session.name('a'), ['metrics', 'x.a, x.b'], ['interval.ms', '60000'], ['match', match]);
      await alter(
        session,
        'b',
        session.name('b'),
        ['metrics', 'x.b,x.c'],
        ['match', `${match},client_source_address=127.0.0.1`],
      );
      await alter(session, 'c', session.name('c'), ['metrics', 'x.d'], ['match', `${match},client_source_port=x`]);
      await session.published();
      const first = await ask(session, 'two of three match', own);
      await push(session, 'pushed', first);
      await alter(session, 'c again', session.name('c'), ['metrics', '*'], ['interval.ms', '100'], ['match', match]);
      await session.published();
      await push(session, 'pushed for what was', first);
      await alter(session, 'c once more', session.name('c'), ['metrics', '']);
      await session.published();
      await ask(session, 'all match, one wants nothing', own);
      for (const name of ['a', 'b', 'c']) {
        const changes = ['metrics', 'interval.ms', 'match'].map((key) => [key, null, DELETE] as const);
        await alter(session, `${name} is gone`, session.name(name), ...changes);
      }
      await session.published();
      await ask(session, 'none is left', own);
    },
  },
  {
    name: 'settings of client-metrics subscriptions',
    run: async (session) => {
      const name = session.name('s');
      const set = (key: string, ...values: readonly string[]) =>
        values.map((value) => alter(session, `${key}=${value}`, name, [key, value]));
      await Promise.all(
        set('interval.ms', '100', '99', '3600000', '3600001', '0', '-1', '', 'x', '99999999999999', ' 200 '),
      );
      await Promise.all(set('metrics', '', 'c,,d', 'c, d', '*,d', 'c,c', ',', ' '));
      await Promise.all(
        set(
          'match',
          'foo=bar',
          'client_id',
          'client_id=',
          '=x',
          'client_id=[',
          'client_id=a=b',
          'CLIENT_ID=a',
          ' client_id = a ',
          'client_id=a,client_id=b',
          'client_id=(?i)a',
          'client_id=a,,client_software_name=b',
          '',
          ...['client_software_name', 'client_software_version', 'client_source_port'].map((label) => `${label}=a.*`),
        ),
      );
      await alter(session, 'unknown', name, ['zzz', '1']);
      await alter(session, 'unknown removed', name, ['zzz', null, DELETE]);
      await alter(session, 'null', name, ['interval.ms', null]);
      await alter(session, 'no name', '', ['metrics', 'a']);
      await alter(session, 'append', name, ['metrics', 'a', APPEND]);
      await alter(session, 'subtract', name, ['metrics', 'a', SUBTRACT]);
      await alter(session, 'twice', name, ['metrics', 'a'], ['metrics', 'b']);
      await alter(session, 'the last', name, ['metrics', 'c, d'], ['interval.ms', '1000'], ['match', 'client_id= q']);
      await session.published();
      const describe = (step: string, resourceName: string, configurationKeys: readonly string[] | null = null) =>
        session.call(step, 'DescribeConfigs', 4, {
          resources: [{ resourceType: CLIENT_METRICS, resourceName, configurationKeys }],
          includeSynonyms: true,
        });
      await describe('described', name);
      await describe('absent', session.name('none'));
      await describe('no such key', name, ['zzz', 'metrics']);
      await describe('described without a name', '');
      for (const [step, resourceName, configs] of [
        ['replaced', name, [{ name: 'metrics', value: 'q' }]],
        ['replaced by what is unknown', name, [{ name: 'zz', value: 'q' }]],
        ['replaced by nothing', session.name('other'), []],
        ['replaced without a name', '', []],
      ] as const) {
        const resources = [{ resourceType: CLIENT_METRICS, resourceName, configs }];
        await session.call(step, 'AlterConfigs', 2, { resources });
      }
      await session.published();
      await describe('described again', name);
      await session.quietly('AlterConfigs', 2, {
        resources: [{ resourceType: CLIENT_METRICS, resourceName: name, configs: [] }],
      });
    },
  },
];
