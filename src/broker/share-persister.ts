/** Share partitions keep their state with the share coordinator of this broker. */
import type { ShareCoordinator } from '../coordinator/share/coordinator.ts';
import { read, write } from '../coordinator/share/operations.ts';
import type { SharePersister } from '../share/persister.ts';

export function localSharePersister(coordinator: ShareCoordinator): SharePersister {
  return {
    read: (key, leaderEpoch) => coordinator.runWhenReady(key, (shard) => read(shard, key, leaderEpoch)),
    write: (key, leaderEpoch, update) => coordinator.run(key, (shard) => write(shard, key, { ...update, leaderEpoch })),
  };
}
