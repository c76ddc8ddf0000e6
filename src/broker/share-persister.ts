/** Share partitions keep their state with the share coordinator of this broker. */
import type { ShareCoordinator } from '../coordinator/share/coordinator.ts';
import type { SharePersister } from '../share/persister.ts';

export function localSharePersister(coordinator: ShareCoordinator): SharePersister {
  return {
    async read(key, leaderEpoch) {
      const { read } = await import('../coordinator/share/operations.ts');
      return coordinator.runWhenReady(key, (shard) => read(shard, key, leaderEpoch));
    },
    async write(key, leaderEpoch, update) {
      const { write } = await import('../coordinator/share/operations.ts');
      return coordinator.run(key, (shard) => write(shard, key, { ...update, leaderEpoch }));
    },
  };
}
