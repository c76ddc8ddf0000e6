/** What the command line needs of a broker; the composition root gives it, as it lies above this layer. */
import type { Logger } from '../base/logger.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import type { TopicSpec } from './topic-spec.ts';

export interface StartedBroker {
  readonly clusterId: string;
  readonly listeners: readonly Listener[];
  readonly controllerListeners: readonly Listener[];
  readonly metricsPort: number | null;
  close(): Promise<void>;
}

/** Starts a broker. `onFailure` is told when it cannot write any more, for good. */
export type StartBroker = (options: {
  readonly config: BrokerConfig;
  readonly topics: readonly TopicSpec[];
  readonly clusterId: string | null;
  readonly logger: Logger;
  readonly onFailure: (error: Error) => void;
}) => Promise<StartedBroker>;
