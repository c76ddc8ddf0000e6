/** Request and response headers. Which header version goes with which API is in apis.ts. */
import { requestHeaderVersion } from './apis.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** What precedes every request. */
export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Chosen by the client; the response repeats it. */
  readonly correlationId: number;
  readonly clientId: string | null;
}

/**
 * Reads a request header, in the version that its API key and version call for. The key and version are not judged
 * here: the caller answers or closes.
 *
 * @throws ProtocolError on malformed bytes.
 */
export function readRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = reader.nullableString(); // never compact, so that any broker can read it
  if (requestHeaderVersion(apiKey, apiVersion) === 2) reader.skipTags();
  return { apiKey, apiVersion, correlationId, clientId };
}

/** Writes a request header. */
export function writeRequestHeader(writer: Writer, header: RequestHeader): void {
  writer.int16(header.apiKey);
  writer.int16(header.apiVersion);
  writer.int32(header.correlationId);
  writer.nullableString(header.clientId);
  if (requestHeaderVersion(header.apiKey, header.apiVersion) === 2) writer.uvarint(0);
}

/** Reads a response header and returns the correlation id. @throws ProtocolError on malformed bytes. */
export function readResponseHeader(reader: Reader, headerVersion: 0 | 1): number {
  const correlationId = reader.int32();
  if (headerVersion === 1) reader.skipTags();
  return correlationId;
}

/** Writes a response header. */
export function writeResponseHeader(writer: Writer, correlationId: number, headerVersion: 0 | 1): void {
  writer.int32(correlationId);
  if (headerVersion === 1) writer.uvarint(0);
}
