/** Random but repeatable walks of two members of a share group, which now and then say what they must not. */
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom, type Random } from '../../../../src/base/random.ts';
import { type Case, records, type Session } from '../session.ts';
import { readTopic, type Said } from './share-steps.ts';

const STEPS = 60;
/** What a member had is given back a little after its session is closed. */
const RELEASE_MS = 1000;
/** Gap, accept, release, reject. */
const EACH = [0, 1, 2, 3];
/** With a fetch, it is open whether what is given back comes again at once. */
const FINAL = [0, 1, 3];

/** Mostly what the member was given, all of it or a piece, with any types. */
function words(random: Random, given: readonly Said[], endOffset: number, types = EACH): Said[] {
  const said: Said[] = [];
  for (const [first, last] of given) {
    const dice = random.int(10);
    if (dice < 2) continue;
    const from = dice < 6 ? first : first + random.int(last - first + 1);
    const to = dice < 6 ? last : from + random.int(last - from + 1);
    const any = (): number => types[random.int(types.length)] as number;
    said.push([from, to, ...Array.from({ length: random.int(2) === 0 ? 1 : to - from + 1 }, any)]);
  }
  if (random.int(8) === 0) {
    const from = random.int(endOffset + 2);
    said.push([from, from + random.int(3), 1]);
    said.sort(([a], [b]) => a - b);
  }
  return said;
}

async function walk(session: Session, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { steps, topicId, topic } = await readTopic(session, [3, 1, 5], { 'share.delivery.count.limit': '3' });
  // From here on the partition's state has been read, and no fetch waits for it.
  await steps.fetch('opened', 'c', 0, topicId);
  await steps.fetch('closed', 'c', -1, topicId);
  await delay(RELEASE_MS);
  let endOffset = 9;
  const members = new Map([
    ['a', { epoch: 0, given: [] as Said[] }],
    ['b', { epoch: 0, given: [] as Said[] }],
  ]);
  for (let step = 0; step < STEPS; step++) {
    const memberId = random.int(2) === 0 ? 'a' : 'b';
    const member = members.get(memberId) as { epoch: number; given: Said[] };
    const dice = random.int(12);
    if (dice < 3) {
      const count = 1 + random.int(6);
      await session.produce(topic, records(count));
      endOffset += count;
    } else if (dice === 3 && member.epoch > 0) {
      await steps.fetch(`${step} closes`, memberId, -1, topicId, {}, ...words(random, member.given, endOffset));
      members.set(memberId, { epoch: 0, given: [] });
      await delay(RELEASE_MS);
    } else if (dice < 8) {
      const limits = { maxRecords: 1 + random.int(8), shareAcquireMode: random.int(2), batchSize: 1 + random.int(6) };
      const said = member.epoch > 0 && random.int(2) === 0 ? words(random, member.given, endOffset, FINAL) : [];
      const body = { ...limits, maxWaitMs: 20 };
      const answer = await steps.fetch(`${step} fetches`, memberId, member.epoch, topicId, body, ...said);
      if (said.length > 0) member.given = [];
      if (answer.errorCode === 0) member.epoch += 1;
      for (const { acquiredRecords } of answer.responses?.[0]?.partitions ?? []) {
        for (const { firstOffset, lastOffset } of acquiredRecords)
          member.given.push([Number(firstOffset), Number(lastOffset)]);
      }
      member.given.sort(([a], [b]) => a - b);
    } else if (member.epoch > 0) {
      const said = words(random, member.given, endOffset);
      const answer = await steps.acknowledge(`${step} says`, memberId, member.epoch, topicId, ...said);
      if (answer.errorCode === 0) member.epoch += 1;
      if (random.int(4) !== 0) member.given = [];
    }
  }
  await steps.offsets('in the end', null);
}

export const randomShareGroupCases: readonly Case[] = Array.from({ length: 10 }, (_, i) => i + 1).map((seed) => ({
  name: `random walk of a share group ${seed}`,
  run: (session) => walk(session, seed),
}));
