/**
 * The broker's settings in force: static (file, environment, flags) with dynamic ones on top, by Kafka's names, typed
 * access. The table of names is in broker-settings.ts.
 */
import type { TopicConfig } from './topic-config.ts';

export interface Listener {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface BrokerConfig {
  readonly nodeId: number;
  readonly rack: string | null;
  readonly listeners: readonly Listener[];
  /** By listener name; listeners without one answer with the connection's own local address. */
  readonly advertisedListeners: ReadonlyMap<string, Listener>;
  /** Absolute data directory, or null in memory. */
  readonly dataDir: string | null;
  /** A setting by Kafka's name, as its typed value. @throws Error for a name that is not in the table */
  int(name: string): number;
  bool(name: string): boolean;
  string(name: string): string;
  list(name: string): readonly string[];
  /** A topic's settings in force for these overrides. */
  topicConfig(overrides: ReadonlyMap<string, string>): TopicConfig;
  /** Replaces the dynamic settings (cluster-wide defaults, then this broker's own). */
  setDynamic(defaults: ReadonlyMap<string, string>, own: ReadonlyMap<string, string>): void;
  /** Told after setDynamic. */
  onChange(listener: () => void): () => void;
}
