/** Plain and transactional writes, and the members of a share group, which go on until all that was written is done with. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiKey } from '../../../protocol/apis.ts';
import { writeIncrementalAlterConfigsRequest } from '../../../protocol/generated/incremental-alter-configs-request.ts';
import { readIncrementalAlterConfigsResponse } from '../../../protocol/generated/incremental-alter-configs-response.ts';
import { WireClient } from '../../support/wire-client.ts';
import { HEARTBEAT_MS, SESSION_TIMEOUT_MS } from '../clients/client.ts';
import { live, type RunState } from '../run-state.ts';
import { sender, transactor } from '../workers.ts';
import { DELIVERY_LIMIT, LOCK_MS, ShareMember } from './share-members.ts';
import { noteOffsets, undone } from './share-progress.ts';
import type { Workload } from './workload.ts';

const GROUP = 'sharers';
const MEMBERS = 3;
const WATCH_MS = 100;
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

function watcher(run: RunState, port: number): Promise<void> {
  return live(
    run,
    'watcher',
    async () => {
      const client = await WireClient.open(port);
      try {
        while (run.phase !== 'over') {
          await noteOffsets(run, client, GROUP);
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
      const left = await undone(run, port, GROUP);
      run.phase = 'over';
      await Promise.all([...members, watching]);
      return left;
    };
    return { written, drain };
  },
};
