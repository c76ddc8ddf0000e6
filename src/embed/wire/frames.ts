/** Frames as messages and back, of any API, without the length that goes before them. */
import { ApiKey, apiInfo, responseHeaderVersion } from '../../../protocol/apis.ts';
import { FRAME_LENGTH_SIZE, frameBuffer, startFrame } from '../../../protocol/frame.ts';
import { responseReaders } from '../../../protocol/generated/response-readers.ts';
import {
  readRequestHeader,
  readResponseHeader,
  type RequestHeader,
  writeRequestHeader,
} from '../../../protocol/header.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { Reader } from '../../../protocol/reader.ts';
import type { Message } from '../faults/error-answer.ts';
import { REQUEST_CODECS } from './request-codecs.ts';

/** What a request and its answer are read by. */
export type ApiAndVersion = Pick<RequestHeader, 'apiKey' | 'apiVersion'>;

const trusted = (frame: Buffer): Reader => new Reader(frame, 0, frame.length, Infinity);

/** `read` of it, or null for bytes that are no such message. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Null for what is no request of an API that there is. */
export function headerOf(frame: Buffer): RequestHeader | null {
  return orNull(() => {
    const header = readRequestHeader(trusted(frame));
    return apiInfo.has(header.apiKey) ? header : null;
  });
}

/** A request with what `change` makes of its body; null where it has no ids, or cannot be read. */
export function rewritten(frame: Buffer, change: (body: Message) => Message): Buffer | null {
  return orNull(() => {
    const reader = trusted(frame);
    const header = readRequestHeader(reader);
    const codec = REQUEST_CODECS.get(header.apiKey);
    if (codec === undefined) return null;
    const body = change(codec.read(reader, header.apiVersion) as Message);
    const writer = startFrame();
    writeRequestHeader(writer, header);
    codec.write(writer, body, header.apiVersion);
    return frameBuffer(writer).subarray(FRAME_LENGTH_SIZE);
  });
}

/** Null for what cannot be read in its version. */
export function readResponse({ apiKey, apiVersion }: ApiAndVersion, frame: Buffer): Message | null {
  const inVersion = (version: number): Message | null =>
    orNull(() => {
      const reader = trusted(frame);
      readResponseHeader(reader, responseHeaderVersion(apiKey, version));
      const body = responseReaders.get(apiKey)?.(reader, version) ?? null;
      reader.expectEnd();
      return body as Message | null;
    });
  const body = inVersion(apiVersion);
  // Who asks in a version from the future is told of the versions in the first one.
  return body === null && apiKey === ApiKey.ApiVersions ? inVersion(0) : body;
}

/** A copy of a message, with each field that has a name given to `change`; what that gives undefined for is gone through. */
export function changed(message: Message, change: (name: string, value: unknown, of: Message) => unknown): Message {
  const copy = (name: string, value: unknown, of: Message): unknown => {
    const replaced = change(name, value, of);
    if (replaced !== undefined) return replaced;
    if (Array.isArray(value)) return value.map((one: unknown) => copy(name, one, of));
    if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value))
      return changed(value as Message, change);
    return value;
  };
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, copy(name, value, message)]));
}
