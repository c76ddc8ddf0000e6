/** What the operations on groups work on, and the shape of what they give back. */
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { BrokerConfig } from '../../config/broker-config.ts';
import type { MetadataStore } from '../../metadata/types.ts';
import type { KeyedTimers } from '../timers.ts';
import { answer } from '../types.ts';
import type { CoordinatorResult } from '../types.ts';
import type { Group } from './group.ts';
import type { TopicImage } from './modern/topic-image.ts';
import type { OffsetStore } from './offsets/store.ts';
import type { GroupRecord } from './protocol.ts';
import type { GroupSettings } from './settings.ts';

/** What an operation on groups wants written, and what it answers. */
export type GroupResult<R = void> = CoordinatorResult<GroupRecord, R>;

/** No records, nothing to answer. */
export const DONE: GroupResult = answer(undefined);

/** One partition of __consumer_offsets. */
export interface GroupEnvironment {
  readonly config: BrokerConfig;
  readonly settings: GroupSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metadata: MetadataStore;
  /** The topics of `metadata`, with the checksums that groups keep of them. */
  readonly topics: TopicImage;
  readonly timers: KeyedTimers<GroupRecord>;
  /** By id. */
  readonly groups: Map<string, Group>;
  readonly offsets: OffsetStore;
}
