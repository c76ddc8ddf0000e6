/** Who coordinates groups, transactional ids and partitions of share groups. */
import type { Case, Session } from '../session.ts';

const [GROUP, TRANSACTION, SHARE, UNKNOWN] = [0, 1, 2, 9] as const;
/** First version with several keys. */
const BATCHED_FROM = 4;
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** A request for keys, of which versions before 4 ask for the first only. */
function body(version: number, keyType: number, keys: readonly string[]) {
  if (version >= BATCHED_FROM) return { keyType, coordinatorKeys: keys };
  return version === 0 ? { key: keys[0] } : { key: keys[0], keyType };
}

/** Kafka refuses until it has made the topic of the type. */
async function awaitType(session: Session, keyType: number, key: string): Promise<void> {
  for (;;) {
    const found = await session.quietly('FindCoordinator', 6, { keyType, coordinatorKeys: [key] });
    if (found.coordinators[0].errorCode === 0) return;
  }
}

function finder(session: Session, version: number) {
  return (step: string, keyType: number, ...keys: string[]) =>
    session.call(step, 'FindCoordinator', version, body(version, keyType, keys));
}

const VERSIONS = [0, 1, 2, 3, 4, 5, 6];

const groupCases = VERSIONS.map((version) => ({
  name: `FindCoordinator v${version}`,
  run: async (session: Session) => {
    const group = session.name('group');
    await session.awaitCoordinator(group);
    const find = finder(session, version);
    await find('a group', GROUP, group);
    await find('an empty group', GROUP, '');
    if (version > 0) await find('no such type', UNKNOWN, 'x');
    if (version < BATCHED_FROM) return;
    await find('several', GROUP, session.name('a'), session.name('b'));
    await find('none', GROUP);
    await find('none of no such type', UNKNOWN);
  },
}));

const shareCases = VERSIONS.slice(1).map((version) => ({
  name: `FindCoordinator of share groups v${version}`,
  run: async (session: Session) => {
    await awaitType(session, SHARE, `g:${TOPIC_ID}:0`);
    const find = finder(session, version);
    await find('a partition', SHARE, `g:${TOPIC_ID}:0`);
    if (version >= BATCHED_FROM) await find('none', SHARE);
    for (const key of [
      '',
      'g',
      'g:0',
      `g:${TOPIC_ID}`,
      'g:x:0',
      `g:${TOPIC_ID}:x`,
      `g:${TOPIC_ID}:-1`,
      `g:${TOPIC_ID}: 1`,
      `g:${TOPIC_ID}:99999999999`,
      `g:${TOPIC_ID}:0:1`,
      `:${TOPIC_ID}:0`,
      `a:b:${TOPIC_ID}:0`,
      ` g:${TOPIC_ID}:0`,
    ]) {
      await find(`'${key}'`, SHARE, key);
    }
  },
}));

const transactionCases = VERSIONS.slice(1).map((version) => ({
  name: `FindCoordinator of transactions v${version}`,
  run: async (session: Session) => {
    const id = session.name('id');
    await awaitType(session, TRANSACTION, id);
    const find = finder(session, version);
    await find('an id', TRANSACTION, id);
    await find('an empty id', TRANSACTION, '');
    if (version < BATCHED_FROM) return;
    await find('several', TRANSACTION, session.name('a'), session.name('b'));
    await find('none', TRANSACTION);
  },
}));

export const coordinatorCases: readonly Case[] = [...groupCases, ...shareCases, ...transactionCases];
