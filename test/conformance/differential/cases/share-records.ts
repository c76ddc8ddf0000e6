/** Records of share groups: fetched, acknowledged, given back, in transactions, and as dead letters. */
import { batchPositions, decodeRecordsSync } from '../../../../protocol/records/iterate.ts';
import { type Case, records } from '../session.ts';
import { awaitStable, TransactionalProducer } from '../transactional-producer.ts';
import {
  ACCEPT,
  BROKER_RESOURCE,
  GAP,
  readTopic,
  REJECT,
  RELEASE,
  RENEW,
  type Said,
  ShareSteps,
} from './share-steps.ts';

const acknowledgeCases: readonly Case[] = [
  {
    name: 'records are acquired and acknowledged',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [3, 2, 5]);
      await steps.fetch('all', 'a', 0, topicId);
      await steps.acknowledge('some', 'a', 1, topicId, [0, 2, ACCEPT], [3, 3, RELEASE], [4, 4, REJECT]);
      await steps.fetch('what was released', 'a', 2, topicId);
      await steps.acknowledge('each by its type', 'a', 3, topicId, [5, 9, ACCEPT, RELEASE, REJECT, GAP, RELEASE]);
      await steps.acknowledge('again', 'a', 4, topicId, [5, 5, ACCEPT]);
      await steps.fetch('again', 'a', 5, topicId, {}, [3, 3, ACCEPT]);
      await steps.offsets('offsets', null);
      await steps.fetch('close', 'a', -1, topicId, {}, [6, 6, ACCEPT]);
      await steps.fetch('a new session', 'a', 0, topicId);
      await steps.acknowledge('the rest', 'a', 1, topicId, [9, 9, ACCEPT]);
      await steps.offsets('offsets in the end', null);
      await steps.fetch('nothing', 'a', 2, topicId, { maxWaitMs: 10 });
    },
  },
  {
    name: 'acknowledgements that are refused',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [3, 3]);
      await steps.fetch('all', 'a', 0, topicId);
      let epoch = 1;
      const say = (step: string, ...said: Said[]) => steps.acknowledge(step, 'a', epoch++, topicId, ...said);
      await say('offsets that are not there', [6, 9, ACCEPT]);
      await say('more than is there', [4, 9, ACCEPT]);
      await say('first behind last', [2, 1, ACCEPT]);
      await say('overlapping', [0, 2, ACCEPT], [2, 3, ACCEPT]);
      await say('out of order', [3, 3, ACCEPT], [0, 0, ACCEPT]);
      await say('an unknown type', [0, 0, 5]);
      await say('a negative type', [0, 0, -1]);
      await say('no type', [0, 0]);
      await say('too many types', [0, 0, ACCEPT, ACCEPT]);
      await say('too few types', [0, 2, ACCEPT, ACCEPT]);
      await say('a negative offset', [-1, 0, ACCEPT]);
      await say('good beside bad', [0, 0, ACCEPT], [7, 7, ACCEPT]);
      await say('nothing');
      await say('renewed without a word', [0, 0, RENEW]);
      await steps.fetch('bad with a fetch', 'a', epoch++, topicId, { maxWaitMs: 10 }, [2, 1, ACCEPT]);
      await steps.fetch('not there with a fetch', 'a', epoch++, topicId, { maxWaitMs: 10 }, [7, 7, ACCEPT]);
      await say('all', [0, 5, ACCEPT]);
      await say('all again', [0, 5, ACCEPT]);
      await session.call('as nobody', 'ShareAcknowledge', 2, {
        groupId: steps.groupId,
        memberId: 'nobody',
        shareSessionEpoch: 1,
        topics: [],
      });
    },
  },
  {
    name: 'records of another member',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [4, 4]);
      await steps.fetch('a has some', 'a', 0, topicId, { maxRecords: 1 });
      await steps.fetch('b has others', 'b', 0, topicId);
      await steps.acknowledge('b of a', 'b', 1, topicId, [0, 0, ACCEPT]);
      await steps.acknowledge('a of b', 'a', 1, topicId, [4, 7, ACCEPT]);
      await steps.acknowledge('over both', 'a', 2, topicId, [0, 7, ACCEPT]);
      await steps.fetch('a closes', 'a', -1, topicId);
      await steps.fetch('b gets what a had', 'b', 2, topicId);
    },
  },
  {
    name: 'acquisition locks are renewed',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [4]);
      await steps.fetch('all', 'a', 0, topicId);
      const renew = { isRenewAck: true };
      await steps.acknowledgeWith('renewed', 'a', 1, topicId, renew, [0, 1, RENEW]);
      await steps.acknowledgeWith('renewed beside others', 'a', 2, topicId, renew, [
        0,
        3,
        RENEW,
        ACCEPT,
        RENEW,
        RELEASE,
      ]);
      const still = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, maxRecords: 0, isRenewAck: true };
      await steps.fetch('renewed with a fetch', 'a', 3, topicId, still, [0, 0, RENEW]);
      await steps.fetch('that would wait', 'a', 4, topicId, { ...still, maxWaitMs: 10 }, [0, 0, RENEW]);
      await steps.fetch('that wants records', 'a', 4, topicId, { ...still, maxRecords: 1 }, [0, 0, RENEW]);
      await steps.fetch('without saying so', 'a', 4, topicId, { ...still, isRenewAck: false }, [0, 0, RENEW]);
      await steps.acknowledgeWith('what was accepted', 'a', 5, topicId, renew, [1, 1, RENEW]);
    },
  },
  {
    name: 'locks are not renewed where the group does not allow it',
    run: async (session) => {
      const configs = { 'share.renew.acknowledge.enable': 'false' };
      const { steps, topicId } = await readTopic(session, [2], configs);
      await steps.fetch('all', 'a', 0, topicId);
      await steps.acknowledgeWith('renewed', 'a', 1, topicId, { isRenewAck: true }, [0, 0, RENEW]);
      await steps.acknowledge('accepted', 'a', 2, topicId, [0, 1, ACCEPT]);
    },
  },
  {
    name: 'records that are given back too often',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [6, 2], { 'share.delivery.count.limit': '3' });
      await steps.fetch('first', 'a', 0, topicId);
      await steps.acknowledge('back', 'a', 1, topicId, [0, 7, RELEASE]);
      await steps.fetch('second', 'a', 2, topicId);
      await steps.acknowledge('back again', 'a', 3, topicId, [0, 7, RELEASE]);
      await steps.fetch('third', 'a', 4, topicId);
      await steps.acknowledge('for the last time', 'a', 5, topicId, [0, 1, ACCEPT], [2, 7, RELEASE]);
      for (let epoch = 6; epoch < 20; epoch += 2) {
        await steps.fetch(`then ${epoch}`, 'a', epoch, topicId, { maxWaitMs: 50 });
        await steps.acknowledge(`back then ${epoch}`, 'a', epoch + 1, topicId, [2, 7, RELEASE]);
      }
      await steps.offsets('offsets', null);
    },
  },
];

const fetchCases: readonly Case[] = [
  {
    name: 'sessions of share groups',
    run: async (session) => {
      const { steps, topicId, topic } = await readTopic(session, [2]);
      await steps.acknowledge('no session', 'a', 1, topicId, [0, 0, ACCEPT]);
      await steps.fetch('no session either', 'a', 1, topicId);
      await steps.fetch('closed without one', 'a', -1, topicId);
      await steps.fetch('opened with words', 'a', 0, topicId, {}, [0, 0, ACCEPT]);
      await steps.acknowledge('words open none', 'a', 0, topicId, [0, 0, ACCEPT]);
      await steps.fetch('opened', 'a', 0, topicId);
      await steps.fetch('a future epoch', 'a', 7, topicId);
      await steps.fetch('an old epoch', 'a', 0, topicId, { maxWaitMs: 10 });
      await steps.fetch('goes on', 'a', 1, topicId, { maxWaitMs: 10, topics: [] });
      await session.produce(topic, records(2));
      await steps.fetch('what is new', 'a', 2, topicId, { topics: [] });
      const forgottenTopicsData = [{ topicId, partitions: [0] }];
      await steps.fetch('forgotten', 'a', 3, topicId, { maxWaitMs: 10, topics: [], forgottenTopicsData });
      await session.produce(topic, records(1));
      await steps.fetch('nothing is left', 'a', 4, topicId, { maxWaitMs: 10, topics: [] });
      await steps.acknowledge('closed', 'a', -1, topicId);
      await steps.fetch('after it', 'a', 5, topicId);
      await steps.fetch('no member', '', 0, topicId);
      await steps.fetch('no group', 'a', 0, topicId, { groupId: '' });
      await steps.fetch('another group', 'a', 0, topicId, { groupId: session.name('other'), maxWaitMs: 1000 });
    },
  },
  {
    name: 'partitions that a share fetch cannot read',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [2]);
      const unknown = 'fnlWo3TyTbm6wBoIGyzaXg';
      const ask = (id: string, partitionIndex: number) => ({
        topics: [{ topicId: id, partitions: [{ partitionIndex, acknowledgementBatches: [] }] }],
        maxWaitMs: 10,
      });
      await steps.fetch('no such partition', 'a', 0, topicId, ask(topicId, 3));
      await steps.fetch('no such topic', 'a', 0, topicId, ask(unknown, 0));
      await steps.fetch('one that is there', 'a', 0, topicId, { maxWaitMs: 1000 });
      await steps.acknowledge('of no such topic', 'a', 1, unknown, [0, 0, ACCEPT]);
      const other = await session.createTopic('other');
      await steps.fetch('one without a state', 'a', 2, other.topicId, { maxWaitMs: 100 });
      await steps.acknowledge('of one without a state', 'a', 3, other.topicId, [0, 0, ACCEPT]);
    },
  },
  {
    name: 'how many records a share fetch acquires',
    run: async (session) => {
      const { steps, topicId } = await readTopic(session, [4, 4, 4, 4]);
      await steps.fetch('a batch at least', 'a', 0, topicId, { maxRecords: 1 });
      await steps.fetch('two batches', 'a', 1, topicId, { maxRecords: 5 });
      await steps.acknowledge('back', 'a', 2, topicId, [0, 11, RELEASE]);
      await steps.fetch('exactly', 'a', 3, topicId, { maxRecords: 5, shareAcquireMode: 1 });
      await steps.fetch('exactly the next', 'a', 4, topicId, { maxRecords: 2, shareAcquireMode: 1 });
      await steps.acknowledge('back again', 'a', 5, topicId, [0, 6, RELEASE]);
      await steps.fetch('cut into small ones', 'a', 6, topicId, { batchSize: 2 });
      await steps.fetch('an unknown mode', 'a', 7, topicId, { shareAcquireMode: 2, maxWaitMs: 10 });
      await steps.fetch('no records', 'a', 8, topicId, { maxRecords: 0, maxWaitMs: 10 });
      await steps.fetch('no bytes', 'a', 8, topicId, { maxBytes: 0, maxWaitMs: 10 });
      await steps.fetch('the rest', 'a', 8, topicId, { maxBytes: 0, maxWaitMs: 10, maxRecords: 100 });
    },
  },
  {
    name: 'as many records as a share partition may have in flight',
    run: async (session) => {
      const configs = { 'share.partition.max.record.locks': '100' };
      const { steps, topicId } = await readTopic(session, [60, 60, 60], configs);
      await steps.fetch('until there are enough', 'a', 0, topicId);
      await steps.fetch('no more', 'a', 1, topicId, { maxWaitMs: 50 });
      await steps.acknowledge('not the first', 'a', 2, topicId, [60, 99, ACCEPT]);
      await steps.fetch('still no more', 'a', 3, topicId, { maxWaitMs: 50 });
      await steps.acknowledge('the first', 'a', 4, topicId, [0, 59, ACCEPT]);
      await steps.fetch('the rest', 'a', 5, topicId);
    },
  },
  {
    name: 'a share group reads from where it is to begin',
    run: async (session) => {
      const { name: topic, topicId } = await session.createTopic('t');
      await session.produce(topic, records(5));
      const steps = await ShareSteps.open(session, { 'share.auto.offset.reset': 'latest' });
      await steps.member('a', topic);
      await steps.fetch('nothing new', 'a', 0, topicId, { maxWaitMs: 200 });
      await session.produce(topic, records(2));
      await steps.fetch('what is new', 'a', 1, topicId);
      await steps.offsets('offsets', null);
      await session.call('deleted', 'DeleteRecords', 2, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 6 }] }],
        timeoutMs: 1000,
      });
      await steps.acknowledge('over the start of the log', 'a', 2, topicId, [5, 6, RELEASE]);
      await steps.fetch('what is left', 'a', 3, topicId);
    },
  },
];

const transactionCases: readonly Case[] = ['read_committed', 'read_uncommitted'].map((level) => ({
  name: `share groups and transactions, ${level}`,
  run: async (session) => {
    const { steps, topicId, topic } = await readTopic(session, [2], { 'share.isolation.level': level });
    const producer = await TransactionalProducer.open(session, 'writer', 'new');
    await producer.write(topic, 0, 3);
    await steps.fetch('in a transaction', 'a', 0, topicId);
    await producer.end(false);
    await awaitStable(session, topic, 6);
    await producer.write(topic, 0, 2);
    await producer.end(true);
    await awaitStable(session, topic, 9);
    await session.produce(topic, records(1));
    await steps.fetch('after it', 'a', 1, topicId);
    await steps.acknowledge('aborted and markers, too', 'a', 2, topicId, [0, 9, ACCEPT]);
    await steps.acknowledge('what there is', 'a', 3, topicId, [0, 1, ACCEPT], [6, 7, RELEASE], [9, 9, ACCEPT]);
    await steps.fetch('again', 'a', 4, topicId, { maxWaitMs: 50 });
    await steps.offsets('offsets', null);
  },
}));

/** How many of them share a batch is a matter of time. */
function lettersOf(records: Uint8Array): unknown {
  const bytes = Buffer.from(records);
  return [...batchPositions(bytes)].flatMap((at) =>
    decodeRecordsSync(bytes, at).map(({ offset, key, value, headers }) => ({
      offset,
      key: key?.toString() ?? null,
      value: value?.toString() ?? null,
      headers: headers.map((header) => `${header.key.toString()}: ${header.value?.toString() ?? ''}`),
    })),
  );
}

const deadLetterCases: readonly Case[] = ['false', 'true'].map((isCopied) => ({
  name: `dead letters of share groups${isCopied === 'true' ? ' with the records' : ''}`,
  run: async (session) => {
    const dead = await session.createTopic('dlq', 1, { 'errors.deadletterqueue.group.enable': 'true' });
    await session.quietly('IncrementalAlterConfigs', 1, {
      resources: [
        {
          resourceType: BROKER_RESOURCE,
          resourceName: '',
          configs: [{ name: 'errors.deadletterqueue.topic.name.prefix', configOperation: 0, value: 'd' }],
        },
      ],
    });
    const { steps, topicId } = await readTopic(session, [3, 4], {
      'share.delivery.count.limit': '2',
      'errors.deadletterqueue.topic.name': dead.name,
      'errors.deadletterqueue.copy.record.enable': isCopied,
    });
    await steps.fetch('all', 'a', 0, topicId);
    await steps.acknowledge('rejected', 'a', 1, topicId, [
      0,
      6,
      ACCEPT,
      REJECT,
      RELEASE,
      ACCEPT,
      REJECT,
      REJECT,
      ACCEPT,
    ]);
    // Letters are written in the background.
    await awaitStable(session, dead.name, 3);
    await steps.fetch('again', 'a', 2, topicId);
    await steps.acknowledge('given back', 'a', 3, topicId, [2, 2, RELEASE]);
    await awaitStable(session, dead.name, 4);
    await steps.awaitLag(0);
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000_000 }];
    const fetch = { maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, topics: [{ topicId: dead.topicId, partitions }] };
    const fetched = await session.quietly('Fetch', 13, fetch);
    session.transcript.push({ step: 'letters', answer: lettersOf(fetched.responses[0].partitions[0].records) });
    await steps.offsets('offsets', null);
  },
}));

export const shareRecordCases: readonly Case[] = [
  ...acknowledgeCases,
  ...fetchCases,
  ...transactionCases,
  ...deadLetterCases,
];
