/** Replays recordings of `broker.record`; the code for it is loaded with the first call. */
import { checkOptionsObject, checkText, shown } from './arguments.ts';
import type { Difference, ReplayOptions } from './wire/types.ts';

const OPTIONS: readonly string[] = [
  'bootstrapServers',
  'clientConfig',
  'ignore',
  'paced',
  'timeout',
] satisfies (keyof ReplayOptions)[];

/**
 * Sends the requests of a recording to any Kafka broker, in the recorded order and over as many connections, and gives what
 * its answers say otherwise than the recorded ones; nothing, where they mean the same. Ids that a broker makes up (of
 * topics, members, producers, sessions, nodes) are translated; times, addresses and texts for people are not compared.
 * @throws TypeError for wrong options, ConfigError for a wrong `clientConfig`; the system's error or Error for a file that is
 * no recording; ClientError when no broker answers there, KafkaError when it refuses the login
 */
export async function replay(file: string, options: ReplayOptions): Promise<Difference[]> {
  checkText('replay: the file', file);
  checkOptionsObject('replay', options);
  checkText('replay: bootstrapServers', options.bootstrapServers);
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw new TypeError(`replay: unknown option ${unknown}`);
  const { clientConfig = {}, ignore = [], timeout = 0 } = options;
  checkOptionsObject('replay: clientConfig', clientConfig);
  for (const [name, value] of Object.entries(clientConfig)) checkText(`replay: clientConfig: ${name}`, value);
  if (!Array.isArray(ignore)) throw new TypeError(`replay: ignore is a list of fields, not ${shown(ignore)}`);
  if (!(typeof timeout === 'number' && timeout >= 0)) {
    throw new RangeError(`replay: timeout is a number of milliseconds, not ${shown(timeout)}`);
  }
  const { replayRecording } = await import('./wire/replay.ts');
  return replayRecording(file, options);
}
