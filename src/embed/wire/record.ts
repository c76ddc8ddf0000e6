/** Records what clients and the broker say to each other. */
import { ApiKey, apiName } from '../../../protocol/apis.ts';
import type { RequestHeader } from '../../../protocol/header.ts';
import { systemClock } from '../../base/clock.ts';
import type { RunningBroker } from '../../broker.ts';
import { FrameReader } from '../../client/frame-reader.ts';
import type { WireTap } from '../../server/wire-tap.ts';
import { headerOf } from './frames.ts';
import { RecordingWriter } from './recording-file.ts';
import { isSecret } from './secrets.ts';
import type { Recording, RecordOptions } from './types.ts';

/** Takes the next frame of a connection to the file. */
type Take = (kind: 'request' | 'response', header: RequestHeader, frame: Buffer | null) => void;

/** Connections that are opened from now on. @throws the system's error for a file that cannot be written */
export async function startRecording(
  running: RunningBroker,
  file: string,
  { clientId }: RecordOptions,
): Promise<Recording> {
  const writer = await RecordingWriter.open(file);
  const startedMs = systemClock.monotonicMs();
  let order = 0;
  let connections = 0;
  let ending: Promise<void> | null = null;
  const unwatch = running.watch(() => {
    const connection = ++connections;
    return tap((kind, header, frame) => {
      if (ending !== null || (clientId !== undefined && header.clientId !== clientId)) return;
      writer.write({
        order: ++order,
        at: Math.round((systemClock.monotonicMs() - startedMs) * 1000) / 1000,
        connection,
        kind,
        api: apiName(header.apiKey),
        version: header.apiVersion,
        correlationId: header.correlationId,
        clientId: header.clientId,
        frame: frame?.toString('base64') ?? null,
      });
    });
  });
  const stop = (): Promise<void> => {
    unwatch();
    return (ending ??= writer.end());
  };
  return { file, stop, [Symbol.asyncDispose]: stop };
}

/**
 * Cuts a connection into frames and finds the request of each response. It ends with what is no request: bytes of other
 * protocols, and the bare tokens behind a SaslHandshake v0, which are secrets.
 */
function tap(take: Take): WireTap {
  const waiting: { readonly header: RequestHeader; readonly isKept: boolean }[] = [];
  let isOver = false;
  const requests = new FrameReader((frame) => {
    const header = isOver ? null : headerOf(frame);
    isOver = header === null;
    if (header === null) return;
    const isKept = !isSecret(header, frame);
    waiting.push({ header, isKept });
    take('request', header, isKept ? frame : null);
    isOver = header.apiKey === ApiKey.SaslHandshake && header.apiVersion === 0;
  });
  const responses = new FrameReader((frame) => {
    const correlationId = frame.readInt32BE(0);
    // Those before it are not answered (acks 0).
    const at = waiting.findIndex(({ header }) => header.correlationId === correlationId);
    const [request] = at < 0 ? [] : waiting.splice(0, at + 1).slice(-1);
    if (request !== undefined) take('response', request.header, request.isKept ? frame : null);
  });
  return {
    received(bytes) {
      if (!isOver && !requests.take(bytes)) isOver = true;
    },
    sent(bytes) {
      if (waiting.length > 0) responses.take(bytes);
    },
  };
}
