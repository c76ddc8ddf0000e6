/** What has configs, by ListConfigResources. */
import type { Case, Session } from '../session.ts';

const [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP] = [2, 4, 8, 16, 32] as const;
const [SET, DELETE] = [0, 1] as const;

async function alter(session: Session, type: number, name: string, setting: string, value: string | null) {
  const configs = [{ name: setting, configOperation: value === null ? DELETE : SET, value }];
  await session.quietly('IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: type, resourceName: name, configs }],
    validateOnly: false,
  });
  // A later topic shows that the change has been taken over.
  await session.createTopic(`marker-${type}-${value === null ? 'unset' : 'set'}`);
}

/** Of what has names of their own here: other cases leave things behind. */
async function list(session: Session, step: string, version: number, resourceTypes?: readonly number[]) {
  const answer = await session.quietly('ListConfigResources', version, resourceTypes && { resourceTypes });
  const own = session.name('');
  const isOwn = ({ resourceName }: { resourceName: string }): boolean =>
    resourceName === '1' || resourceName.startsWith(own);
  const names = answer.configResources.filter(isOwn).map(Object.values).map(String).sort();
  session.transcript.push({ step, answer: { ...answer, configResources: names } });
}

export const configResourceCases: readonly Case[] = [
  {
    name: 'ListConfigResources',
    run: async (session) => {
      await alter(session, GROUP, session.name('group'), 'share.auto.offset.reset', 'earliest');
      await alter(session, CLIENT_METRICS, session.name('subscription'), 'interval.ms', '1000');
      await list(session, 'v0', 0);
      await list(session, 'v1 of no types', 1, []);
      for (const type of [TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP]) {
        await list(session, `v1 of type ${type}`, 1, [type]);
      }
      await list(session, 'v1 of all types', 1, [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC]);
      await list(session, 'v1 of a type twice', 1, [BROKER, BROKER]);
      for (const type of [-1, 0, 1, 3, 64]) await list(session, `v1 of type ${type}`, 1, [GROUP, type]);
      await alter(session, GROUP, session.name('group'), 'share.auto.offset.reset', null);
      await list(session, 'v1 of groups without configs', 1, [GROUP]);
    },
  },
];
