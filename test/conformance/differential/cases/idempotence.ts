/** Producer ids and the sequence numbers of idempotent batches. */
import { records, type Case, type Session } from '../session.ts';

async function producerId(session: Session): Promise<bigint> {
  const answer = await session.quietly('InitProducerId', 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
  return answer.producerId as bigint;
}

function send(
  session: Session,
  step: string,
  topic: string,
  id: bigint,
  baseSequence: number,
  count = 1,
  producerEpoch = 0,
) {
  const bytes = records(count, { producerId: id, producerEpoch, baseSequence });
  return session.call(step, 'Produce', 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records: bytes }] }],
  });
}

export const idempotenceCases: readonly Case[] = [
  ...[0, 1, 2, 3, 4, 5].map((version) => ({
    name: `InitProducerId v${version}`,
    run: async (session: Session) => {
      const call = (step: string, body: object) =>
        session.call(step, 'InitProducerId', version, { transactionalId: null, transactionTimeoutMs: 60_000, ...body });
      await call('one', {});
      await call('another', {});
      await call('an empty transactional id', { transactionalId: '' });
      await call('a timeout of zero', { transactionTimeoutMs: 0 });
      if (version >= 3) {
        await call('an id without an epoch', { producerId: 5n, producerEpoch: -1 });
        await call('an epoch without an id', { producerId: -1n, producerEpoch: 3 });
        await call('id and epoch', { producerId: 5n, producerEpoch: 3 });
      }
    },
  })),
  {
    name: 'sequences go up by the count',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const id = await producerId(session);
      await send(session, '0', topic.name, id, 0, 3);
      await send(session, '3', topic.name, id, 3, 2);
      await send(session, 'a gap', topic.name, id, 9, 1);
      await send(session, '5', topic.name, id, 5, 1);
      await send(session, 'the end', topic.name, id, 6, 1);
    },
  },
  {
    name: 'a new producer id may start anywhere when the partition does not know it',
    run: async (session) => {
      const topic = await session.createTopic('t');
      await send(session, 'starts at 7', topic.name, await producerId(session), 7);
      await send(session, 'a negative sequence', topic.name, await producerId(session), -1);
      await send(session, 'an id nobody gave out', topic.name, 987_654_321n, 0);
      await send(session, 'epoch 4 at first', topic.name, await producerId(session), 0, 1, 4);
      await send(session, 'a negative epoch', topic.name, await producerId(session), 0, 1, -1);
    },
  },
  {
    name: 'the last five batches are known again',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const id = await producerId(session);
      for (let index = 0; index < 7; index++) await send(session, `batch ${index}`, topic.name, id, index * 2, 2);
      for (let index = 6; index >= 0; index--)
        await send(session, `batch ${index} again`, topic.name, id, index * 2, 2);
      await send(session, 'a known start with another count', topic.name, id, 12, 1);
      await send(session, 'across two batches', topic.name, id, 11, 2);
      await send(session, 'the next one', topic.name, id, 14, 1);
    },
  },
  {
    name: 'epochs fence',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const id = await producerId(session);
      await send(session, 'epoch 0', topic.name, id, 0);
      await send(session, 'epoch 1 not at zero', topic.name, id, 1, 1, 1);
      await send(session, 'epoch 1 at zero', topic.name, id, 0, 1, 1);
      await send(session, 'epoch 0 again', topic.name, id, 1, 1, 0);
      await send(session, 'epoch 3', topic.name, id, 0, 1, 3);
      await send(session, 'epoch 1 is old now', topic.name, id, 1, 1, 1);
    },
  },
  {
    name: 'sequences wrap at the end of an int32',
    run: async (session) => {
      const topic = await session.createTopic('t');
      const id = await producerId(session);
      await send(session, 'the last two', topic.name, id, 2_147_483_646, 2);
      await send(session, 'from zero', topic.name, id, 0, 2);
      const other = await producerId(session);
      await send(session, 'over the edge in one batch', topic.name, other, 2_147_483_647, 3);
      await send(session, 'after it', topic.name, other, 2, 1);
    },
  },
  {
    name: 'producers are told apart by partition',
    run: async (session) => {
      const topic = await session.createTopic('t', 2);
      const id = await producerId(session);
      const at = (step: string, index: number, baseSequence: number) =>
        session.call(step, 'Produce', 9, {
          acks: -1,
          timeoutMs: 5000,
          topicData: [
            {
              name: topic.name,
              partitionData: [{ index, records: records(1, { producerId: id, producerEpoch: 0, baseSequence }) }],
            },
          ],
        });
      await at('first partition', 0, 0);
      await at('second partition', 1, 0);
      await at('first again', 0, 1);
      await at('second too far', 1, 2);
    },
  },
];
