/** A foreign broker as it may answer: each API by a function of the test, in versions of the test's choice. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { responseHeaderVersion } from '../../protocol/apis.ts';
import { writeApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import { readRequestHeader, writeResponseHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';

export interface ScriptedApi {
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Reads the request, writes the response body; a broker that stays silent writes nothing and gives false. */
  readonly answer: (request: Reader, version: number, response: Writer) => boolean | void;
}

export interface ScriptedBroker extends AsyncDisposable {
  readonly port: number;
  /** Keys of the requests that came, in order. */
  readonly asked: number[];
}

const API_VERSIONS = 18;

/** `apiVersionsMax` is the newest version of ApiVersions that it speaks. */
export async function scriptedBroker(
  apis: Readonly<Record<number, ScriptedApi>>,
  apiVersionsMax = 3,
): Promise<ScriptedBroker> {
  const asked: number[] = [];
  const sockets = new Set<Socket>();
  const versions = [...Object.entries(apis), [API_VERSIONS, { minVersion: 0, maxVersion: apiVersionsMax }] as const];
  const apiKeys = versions.map(([key, { minVersion, maxVersion }]) => ({
    apiKey: Number(key),
    minVersion,
    maxVersion,
  }));
  const answer = (frame: Buffer): Buffer | null => {
    const reader = new Reader(frame);
    const { apiKey, apiVersion, correlationId } = readRequestHeader(reader);
    asked.push(apiKey);
    const writer = new Writer();
    writeResponseHeader(writer, correlationId, responseHeaderVersion(apiKey, apiVersion));
    if (apiKey === API_VERSIONS) {
      const isNewer = apiVersion > apiVersionsMax;
      writeApiVersionsResponse(writer, { errorCode: isNewer ? 35 : 0, apiKeys }, isNewer ? 0 : apiVersion);
    } else if (apis[apiKey]?.answer(reader, apiVersion, writer) === false) return null;
    const body = writer.toBuffer();
    const length = Buffer.alloc(4);
    length.writeInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0);
        const response = answer(received.subarray(4, end));
        received = received.subarray(end);
        if (response !== null) socket.write(response);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
