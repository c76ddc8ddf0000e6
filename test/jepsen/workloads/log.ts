/** Plain and transactional writes, readers, members of groups that commit offsets, and copies in transactions. */
import { setTimeout as delay } from 'node:timers/promises';
import { WireClient } from '../../support/wire-client.ts';
import { fetchOffsets } from '../final-read.ts';
import { live, type RunState } from '../run-state.ts';
import { copier, member, reader, sender, transactor } from '../workers.ts';
import type { Workload } from './workload.ts';

const MEMBERS = 'members';
const FETCH_LIMIT_MS = 30_000;
const WATCH_MS = 300;

/** Notes what the groups' offsets are, again and again. */
function watcher(run: RunState, port: number, groups: readonly string[]): Promise<void> {
  return live(run, 'watcher', async () => {
    const client = await WireClient.open(port);
    try {
      while (!run.isOver) {
        for (const group of groups) await noteOffsets(run, client, group);
        run.succeeded('watcher');
        await delay(WATCH_MS);
      }
    } finally {
      client.close();
    }
  });
}

async function noteOffsets(run: RunState, client: WireClient, group: string): Promise<void> {
  const invokedAt = run.now();
  // From here on it may be seen; a retry reads anew.
  const offsets = await fetchOffsets(client, group, run.topics.log, FETCH_LIMIT_MS);
  run.history.push({ kind: 'fetch-offsets', group, offsets, invokedAt, completedAt: run.now() });
}

export const logWorkload: Workload = {
  settings: {},
  start(run, port) {
    const copierGroups = run.client.fencesCopiers ? ['copiers', 'copiers'] : ['copiers-0', 'copiers-1'];
    const groups = [...new Set([MEMBERS, ...copierGroups])];
    const written = Promise.all([
      ...[0, 1].map((number) => sender(run, `sender-${number}`)),
      ...[0, 1].map((number) => transactor(run, `transactor-${number}`)),
      ...[0, 1].map((number) => member(run, `member-${number}`, MEMBERS)),
      ...copierGroups.map((group, number) => copier(run, `copier-${number}`, group)),
      reader(run, 'reader-committed', 'read_committed'),
      reader(run, 'reader-uncommitted', 'read_uncommitted'),
      watcher(run, port, groups),
    ]);
    const drain = async (): Promise<string[]> => {
      const client = await WireClient.open(port);
      for (const group of groups) await noteOffsets(run, client, group);
      client.close();
      return [];
    };
    return Promise.resolve({ written, drain });
  },
};
