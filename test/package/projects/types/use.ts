/** The types: compiled only, as every `moduleResolution` finds them. */
import { type Broker, ConfigError, startBroker, type StartBrokerOptions, type TopicSpec } from 'walka';
import { useBroker, type UseBrokerOptions } from 'walka/testing';
import { type Durability, type WalEntry, WriteAheadLog } from 'walka/wal';

const topic: TopicSpec = { name: 'orders', partitions: 3, configs: { 'retention.ms': 1000 } };
const options: StartBrokerOptions = { topics: [topic, 'returns'], config: { 'num.partitions': 2 } };
const durability: Durability = 'fsync';
const forTests: UseBrokerOptions = { resetBeforeEach: true };

export async function use(): Promise<string> {
  const broker: Broker = await startBroker(options);
  broker.on('error', (error: Error) => console.log(error.message, error instanceof ConfigError));
  // @ts-expect-error -- there is no such option
  await startBroker({ topcis: [] });
  const log = await WriteAheadLog.open({ directory: 'log', durability });
  for await (const entry of log.stream(1).read({ from: 0 })) print(entry);
  const shared: Broker = useBroker(forTests);
  return shared.bootstrapServers + broker.bootstrapServers;
}

function print(entry: WalEntry): void {
  console.log(entry.offset, entry.bytes.toString());
}
