/** Where a share group is, as its coordinator tells it, and whether it is done with all that was written. */
import { setTimeout as delay } from 'node:timers/promises';
import { FindCoordinator } from '../../support/admin-apis.ts';
import { DescribeShareGroupOffsets } from '../../support/share-group-apis.ts';
import { WireClient } from '../../support/wire-client.ts';
import { joinPartition } from '../clients/client.ts';
import { type CommittedOffset, ofKind } from '../history.ts';
import type { RunState } from '../run-state.ts';

const LOOK_MS = 100;
/** For the members to be done with all records, once nothing is written any more. */
const DRAIN_MS = 90_000;

export interface Progress extends CommittedOffset {
  /** Records that the group is not done with. */
  readonly lag: number;
}

/** Where the group is in each partition; those of which it knows nothing yet are left out. */
async function progressOf(run: RunState, client: WireClient, group: string): Promise<readonly Progress[]> {
  await client.call(FindCoordinator, 3, { key: group, keyType: 0 });
  const { name, partitions } = run.topics.log;
  const topics = [{ topicName: name, partitions: Array.from({ length: partitions }, (_, index) => index) }];
  const answer = await client.call(DescribeShareGroupOffsets, 1, { groups: [{ groupId: group, topics }] });
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

export async function noteOffsets(run: RunState, client: WireClient, group: string): Promise<void> {
  const invokedAt = run.now();
  const offsets = (await progressOf(run, client, group)).map(({ partition, offset }) => ({ partition, offset }));
  run.history.push({ kind: 'share-offsets', group, offsets, invokedAt, completedAt: run.now() });
}

/** Before which offsets the group is done with all records. */
export interface Done {
  readonly offsets: readonly CommittedOffset[];
  /** What it is not done with, in words. */
  readonly left: readonly string[];
}

/**
 * Where it begins is only stored with what is said next, so it stays behind the end; the lag does not. It may also be past
 * the end, for markers and what was aborted may follow.
 *
 * @param ends behind the last record of each partition that a member may be given
 */
export function doneWith(ends: readonly CommittedOffset[], progress: readonly Progress[]): Done {
  const known = new Map(progress.map((one) => [one.partition, one]));
  const left = ends.filter(({ partition }) => known.get(partition)?.lag !== 0);
  return {
    offsets: ends.map(({ partition, offset }) => ({
      partition,
      offset: Math.max(offset, known.get(partition)?.offset ?? offset),
    })),
    left: left.map(({ partition }) => `a lag of ${known.get(partition)?.lag} in ${partition}`),
  };
}

/** Waits until the group is done with all records, and notes that. Gives what is not done in time. */
export async function undone(run: RunState, port: number, group: string): Promise<string[]> {
  const client = await WireClient.open(port);
  const ends = ofKind(run.history, 'final')
    .filter(({ partition, committed }) => partition.startsWith(`${run.topics.log.name}/`) && committed.length > 0)
    .map(({ partition, committed }) => ({ partition, offset: (committed.at(-1)?.offset as number) + 1 }));
  const until = run.now() + DRAIN_MS;
  try {
    for (;;) {
      const invokedAt = run.now();
      const { offsets, left } = doneWith(ends, await progressOf(run, client, group));
      if (left.length === 0) {
        run.history.push({ kind: 'share-offsets', group, offsets, invokedAt, completedAt: run.now() });
        return [];
      }
      if (run.now() > until) return left.map((what) => `${group} has ${what}`);
      await delay(LOOK_MS);
    }
  } finally {
    client.close();
  }
}
