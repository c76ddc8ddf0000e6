/** Plain and transactional writes, and the members of a share group, which go on until all that was written is done with. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../../../protocol/apis.ts';
import { writeIncrementalAlterConfigsRequest } from '../../../protocol/generated/incremental-alter-configs-request.ts';
import { readIncrementalAlterConfigsResponse } from '../../../protocol/generated/incremental-alter-configs-response.ts';
import { DescribeShareGroupOffsets } from '../../support/share-group-apis.ts';
import { FindCoordinator } from '../../support/admin-apis.ts';
import { WireClient } from '../../support/wire-client.ts';
import { HEARTBEAT_MS, joinPartition, SESSION_TIMEOUT_MS } from '../clients/client.ts';
import { type CommittedOffset, ofKind } from '../history.ts';
import { live, type RunState } from '../run-state.ts';
import { sender, transactor } from '../workers.ts';
import { DELIVERY_LIMIT, LOCK_MS, ShareMember } from './share-members.ts';
import type { Workload } from './workload.ts';

const GROUP = 'sharers';
const MEMBERS = 3;
const WATCH_MS = 100;
/** For the members to be done with all records, once nothing is written any more. */
const DRAIN_MS = 90_000;
const GROUP_RESOURCE = 32;
const SET = 0;

const IncrementalAlterConfigs = {
  apiKey: ApiKey.IncrementalAlterConfigs,
  write: writeIncrementalAlterConfigsRequest,
  read: readIncrementalAlterConfigsResponse,
};

async function setUp(run: RunState, port: number): Promise<void> {
  const client = await WireClient.open(port);
  const settings = { 'share.auto.offset.reset': 'earliest', 'share.isolation.level': 'read_committed' };
  const configs = Object.entries(settings).map(([name, value]) => ({ name, value, configOperation: SET }));
  const resources = [{ resourceType: GROUP_RESOURCE, resourceName: GROUP, configs }];
  const answer = await client.call(IncrementalAlterConfigs, 1, { resources, validateOnly: false });
  const code = answer.responses[0]?.errorCode;
  if (code !== 0) throw new Error(`settings of ${GROUP}: error ${code}`);
  client.close();
  run.history.push({ kind: 'share-group', group: GROUP, lockMs: LOCK_MS, deliveryLimit: DELIVERY_LIMIT });
}

interface Progress extends CommittedOffset {
  /** Records that the group is not done with. */
  readonly lag: number;
}

/** Where the group is in each partition; those of which it knows nothing yet are left out. */
async function progressOf(run: RunState, client: WireClient): Promise<readonly Progress[]> {
  await client.call(FindCoordinator, 3, { key: GROUP, keyType: 0 });
  const { name, partitions } = run.topics.log;
  const topics = [{ topicName: name, partitions: Array.from({ length: partitions }, (_, index) => index) }];
  const answer = await client.call(DescribeShareGroupOffsets, 1, { groups: [{ groupId: GROUP, topics }] });
  return (answer.groups[0]?.topics ?? []).flatMap((topic) =>
    topic.partitions
      .filter(({ errorCode, startOffset }) => errorCode === 0 && startOffset >= 0)
      .map(({ partitionIndex, startOffset, lag }) => ({
        partition: joinPartition(name, partitionIndex),
        offset: startOffset,
        lag: Number(lag),
      })),
  );
}

async function noteOffsets(run: RunState, client: WireClient): Promise<void> {
  const invokedAt = run.now();
  const offsets = (await progressOf(run, client)).map(({ partition, offset }) => ({ partition, offset }));
  run.history.push({ kind: 'share-offsets', group: GROUP, offsets, invokedAt, completedAt: run.now() });
}

function watcher(run: RunState, port: number): Promise<void> {
  return live(
    run,
    'watcher',
    async () => {
      const client = await WireClient.open(port);
      try {
        while (run.phase !== 'over') {
          await noteOffsets(run, client);
          run.succeeded('watcher');
          await delay(WATCH_MS);
        }
      } finally {
        client.close();
      }
    },
    () => run.phase === 'over',
  );
}

/**
 * Waits until the group is done with all records, and notes that. Where it begins is only stored with what is said next, so
 * it stays behind; the lag does not. Gives what is not done in time.
 */
async function undone(run: RunState, port: number): Promise<string[]> {
  const client = await WireClient.open(port);
  const ends = ofKind(run.history, 'final')
    .filter(({ partition, committed }) => partition.startsWith(`${run.topics.log.name}/`) && committed.length > 0)
    .map(({ partition, committed }) => ({ partition, offset: (committed.at(-1)?.offset as number) + 1 }));
  const until = run.now() + DRAIN_MS;
  try {
    for (;;) {
      const invokedAt = run.now();
      const lags = new Map((await progressOf(run, client)).map(({ partition, lag }) => [partition, lag]));
      const left = ends.filter(({ partition }) => lags.get(partition) !== 0);
      if (left.length === 0) {
        const completedAt = run.now();
        run.history.push({ kind: 'share-offsets', group: GROUP, offsets: ends, invokedAt, completedAt });
        return [];
      }
      if (run.now() > until)
        return left.map(({ partition }) => `${GROUP} has a lag of ${lags.get(partition)} in ${partition}`);
      await delay(WATCH_MS);
    }
  } finally {
    client.close();
  }
}

export const shareWorkload: Workload = {
  settings: {
    'group.share.record.lock.duration.ms': String(LOCK_MS),
    'group.share.min.record.lock.duration.ms': '1000',
    'group.share.delivery.count.limit': String(DELIVERY_LIMIT),
    'group.share.min.session.timeout.ms': String(SESSION_TIMEOUT_MS),
    'group.share.session.timeout.ms': String(SESSION_TIMEOUT_MS),
    'group.share.min.heartbeat.interval.ms': String(HEARTBEAT_MS),
    'group.share.heartbeat.interval.ms': String(HEARTBEAT_MS),
    'group.share.assignment.interval.ms': '0',
  },
  async start(run, port) {
    const consumers = run.client.shareConsumers;
    if (consumers === null) throw new Error('this client has no share groups');
    await setUp(run, port);
    const written = Promise.all([sender(run, 'sender-0'), sender(run, 'sender-1'), transactor(run, 'transactor-0')]);
    const members = Array.from({ length: MEMBERS }, (_, number) =>
      new ShareMember(run, `sharer-${number}`, GROUP, consumers).live(),
    );
    const watching = watcher(run, port);
    const drain = async (): Promise<string[]> => {
      const left = await undone(run, port);
      run.phase = 'over';
      await Promise.all([...members, watching]);
      return left;
    };
    return { written, drain };
  },
};
