/** What share groups need: the coordinator of their state, the partitions that are in delivery, and the sessions. */
import type { ClosingStack } from '../base/closing-stack.ts';
import { ShareCoordinator } from '../coordinator/share/coordinator.ts';
import type { BrokerServices } from '../handlers/types.ts';
import { DeadLetters } from '../share/dead-letters/dead-letters.ts';
import { ShareSessions } from '../share/sessions.ts';
import { SharePartitions } from '../share/share-partitions.ts';
import { localSharePersister } from './share-persister.ts';

type Base = Pick<BrokerServices, 'config' | 'metadata' | 'partitions' | 'clock' | 'random' | 'logger'>;

/** Opens them; `stack` closes them. With share.version at level 0, what is in delivery is let go. */
export function openShare(
  base: Base,
  stack: ClosingStack,
): Pick<BrokerServices, 'shareStates' | 'sharePartitions' | 'shareSessions'> {
  const { config, metadata } = base;
  const shareStates = stack.adopt(new ShareCoordinator(base), (coordinator) => coordinator.close());
  const deadLetters = new DeadLetters(base);
  const sharePartitions = stack.adopt(
    new SharePartitions({
      ...base,
      persister: localSharePersister(shareStates),
      deadLettersOf: (key, log) => deadLetters.of(key, log),
    }),
    (opened) => opened.close(),
  );
  const shareSessions = new ShareSessions(() => config.int('group.share.max.share.sessions'));
  metadata.features.onChange(() => {
    if (metadata.features.level('share.version') > 0) return;
    shareSessions.closeAll();
    sharePartitions.dropAll();
  });
  return { shareStates, sharePartitions, shareSessions };
}
