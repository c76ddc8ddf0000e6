/**
 * Has another broker answer what was asked in a recording. Requests and answers come in the recorded order: before a request
 * goes out, all answers are there that were there when it was recorded. So each broker knows the same when it answers.
 */
import { ApiKey, type ApiName } from '../../../protocol/apis.ts';
import type { ErrorName } from '../../../protocol/errors.ts';
import { systemClock } from '../../base/clock.ts';
import { clientSecurity } from '../../cli/client-security.ts';
import { type Address, parseAddresses } from '../../client/address.ts';
import { ClientError } from '../../client/errors.ts';
import { FrameConnection } from '../../client/frame-connection.ts';
import type { ClientSecurity } from '../../client/security.ts';
import { Comparison, type FieldDifference, IGNORED_FIELDS, readable } from './compare.ts';
import { readResponse, rewritten } from './frames.ts';
import { Ids } from './ids.ts';
import { type RecordedFrame, readRecording } from './recording-file.ts';
import type { Difference, ReplayOptions } from './types.ts';

/** Not sent: what follows it is not in the recording. */
const LOGIN = 'SaslHandshake';
/** As clients do, a request is sent again to a coordinator that is not ready yet; after this many ms. */
const RETRY_MS = 100;
const NOT_YET: ReadonlySet<unknown> = new Set<ErrorName>([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
]);
const TIMEOUT_MS = 30_000;

/** @throws TypeError for addresses that are none; ClientError, KafkaError when nobody is to be spoken to there; as readRecording */
export async function replayRecording(file: string, options: ReplayOptions): Promise<Difference[]> {
  const [address] = parseAddresses(options.bootstrapServers) ?? [];
  if (address === undefined) throw new TypeError('replay: bootstrapServers is host:port');
  const settings = new Map(Object.entries(options.clientConfig ?? {}));
  const security = await clientSecurity(settings, 'replay: clientConfig');
  await using replay = new Replay(address, options, security);
  for (const frame of readRecording(file)) await replay.next(frame);
  return replay.differences;
}

function pause(ms: number): Promise<void> {
  return ms <= 0 ? Promise.resolve() : new Promise((resolve) => void systemClock.setTimer(ms, resolve));
}

class Replay implements AsyncDisposable {
  readonly differences: Difference[] = [];
  readonly #ids = new Ids();
  readonly #connections = new Map<number, FrameConnection>();
  /** Requests that are not answered yet, by connection and correlation id. */
  readonly #sent = new Map<string, Buffer>();
  /** Numbers of connections that failed: what else was said there says no more. */
  readonly #failed = new Set<number>();
  readonly #ignored: ReadonlySet<string>;
  readonly #address: Address;
  readonly #security: ClientSecurity | null;
  readonly #timeoutMs: number;
  readonly #isPaced: boolean;
  readonly #startedMs = systemClock.monotonicMs();

  constructor(
    address: Address,
    { ignore = [], timeout = TIMEOUT_MS, paced = false }: ReplayOptions,
    security: ClientSecurity | null,
  ) {
    this.#address = address;
    this.#security = security;
    this.#ignored = new Set([...IGNORED_FIELDS, ...ignore]);
    this.#timeoutMs = timeout;
    this.#isPaced = paced;
  }

  async next(recorded: RecordedFrame): Promise<void> {
    if (recorded.frame === null || recorded.api === LOGIN || this.#failed.has(recorded.connection)) return;
    const bytes = Buffer.from(recorded.frame, 'base64');
    if (recorded.kind === 'request') return this.#send(recorded, bytes);
    for (const difference of await this.#differences(recorded, bytes)) this.#tell(recorded, difference);
  }

  async #send({ connection: number, correlationId, at }: RecordedFrame, bytes: Buffer): Promise<void> {
    const options = { clock: systemClock, timeoutMs: this.#timeoutMs, security: this.#security };
    const connection = this.#connections.get(number) ?? (await FrameConnection.open(this.#address, options));
    this.#connections.set(number, connection);
    if (this.#isPaced) await pause(this.#startedMs + at - systemClock.monotonicMs());
    const frame = rewritten(bytes, (body) => this.#ids.translate(body)) ?? bytes;
    this.#sent.set(`${number} ${correlationId}`, frame);
    connection.send(frame);
  }

  async #differences(recorded: RecordedFrame, bytes: Buffer): Promise<readonly FieldDifference[]> {
    const connection = this.#connections.get(recorded.connection);
    const key = `${recorded.connection} ${recorded.correlationId}`;
    const request = this.#sent.get(key);
    if (connection === undefined || request === undefined) return [];
    this.#sent.delete(key);
    const untilMs = systemClock.monotonicMs() + this.#timeoutMs;
    for (;;) {
      let answer: Buffer;
      try {
        answer = await connection.answer(recorded.correlationId);
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        this.#failed.add(recorded.connection);
        return [{ field: '', recorded: 'an answer', replayed: error.message }];
      }
      const found = await this.#compare(recorded, bytes, answer);
      // Its client asked again, and that is compared.
      if (found.some((difference) => NOT_YET.has(difference.recorded))) return [];
      const isEarly = found.some(({ replayed }) => NOT_YET.has(replayed));
      if (!isEarly || systemClock.monotonicMs() >= untilMs) return found;
      await pause(RETRY_MS);
      connection.send(request);
    }
  }

  async #compare({ api, version }: RecordedFrame, bytes: Buffer, answer: Buffer): Promise<FieldDifference[]> {
    const of = { apiKey: ApiKey[api as ApiName], apiVersion: version };
    const comparison = new Comparison(this.#ids, this.#ignored);
    // What cannot be read is compared as bytes.
    const [before, now] = [bytes, answer].map((frame) => readResponse(of, frame) ?? frame);
    comparison.compare(await readable(before), await readable(now));
    return comparison.differences;
  }

  #tell({ order, connection, api, version, correlationId }: RecordedFrame, difference: FieldDifference): void {
    this.differences.push({ order, connection, api: api as ApiName, version, correlationId, ...difference });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) connection.close();
  }
}
