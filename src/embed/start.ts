/** Starts a broker in this process. */
import { startBrokerServer } from '../broker.ts';
import { createBrokerConfig, oneDirectory } from '../config/broker-config.ts';
import { Broker } from './broker.ts';
import { MovableClock } from './clock.ts';
import { loggerFor } from './log.ts';
import { checkNode } from './node-version.ts';
import { checkOptions, settingsOf, type StartBrokerOptions } from './options.ts';

/**
 * Starts a broker; when it resolves, clients may connect.
 * @throws ConfigError for options and settings that are unknown or wrong; KafkaError for a topic that cannot be created;
 * CatalogError for a data directory that is locked or foreign, or `from` that is none, StorageError for a damaged one; the system's error for a
 * port in use
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<Broker> {
  checkNode(process.versions.node);
  checkOptions(options);
  const { from, dataDir } = options;
  if (from === undefined) return start(options);
  const { copyDataDirectory, temporaryCopy } = await import('../storage/catalog-rebuild/copy-directory.ts');
  if (dataDir !== undefined) {
    await copyDataDirectory(from, oneDirectory(dataDir, 'dataDir'));
    return start(options);
  }
  const { path, remove } = await temporaryCopy(from);
  try {
    return await start({ ...options, dataDir: path }, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function start(options: StartBrokerOptions, onClosed?: () => Promise<void>): Promise<Broker> {
  let broker: Broker | null = null;
  const topics = (options.topics ?? []).map((topic) => (typeof topic === 'string' ? { name: topic } : topic));
  const clock = new MovableClock();
  const running = await startBrokerServer({
    config: createBrokerConfig(settingsOf(options)),
    topics,
    logger: await loggerFor(options.log),
    clock,
    unref: options.unref === true,
    onFailure: (error) => {
      if (broker !== null && broker.listenerCount('error') > 0) broker.emit('error', error);
    },
  });
  broker = new Broker({ running, firstTopics: topics, clock, ...(onClosed !== undefined && { onClosed }) });
  return broker;
}
