/**
 * Frames that real clients and Apache Kafka 4.4.0 exchanged (test/golden/frames, recorded by record-frames.ts): each is
 * read to its last byte, and written again as the same bytes.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ApiKey, apiInfo, requestHeaderVersion, responseHeaderVersion } from '../../protocol/apis.ts';
import type { ApiCodec } from '../../protocol/generated/codecs.ts';
import { apiCodecs } from '../../protocol/generated/codecs.ts';
import { kebabCase } from '../../protocol/generator/model.ts';
import {
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';

const folder = join(import.meta.dirname, '../golden/frames');

interface Frame {
  readonly version: number;
  readonly isRequest: boolean;
  readonly bytes: Buffer;
}

function readFrames(file: string): Frame[] {
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [version, direction, hex] = line.split(' ');
    return { version: Number(version), isRequest: direction === 'request', bytes: Buffer.from(hex ?? '', 'hex') };
  });
}

function rewriteRequest(apiKey: number, codec: ApiCodec, { bytes, version }: Frame): Buffer {
  const reader = new Reader(bytes);
  const header = readRequestHeader(reader);
  assert.equal(header.apiKey, apiKey);
  assert.equal(header.apiVersion, version);
  const body = codec.readRequest(reader, version);
  reader.expectEnd();
  const writer = new Writer();
  writeRequestHeader(writer, header);
  codec.writeRequest(writer, body, version);
  return writer.toBuffer();
}

function rewriteResponse(apiKey: number, codec: ApiCodec, { bytes, version }: Frame): Buffer {
  const reader = new Reader(bytes);
  const headerVersion = responseHeaderVersion(apiKey, version);
  const correlationId = readResponseHeader(reader, headerVersion);
  const body = codec.readResponse(reader, version);
  reader.expectEnd();
  const writer = new Writer();
  writeResponseHeader(writer, correlationId, headerVersion);
  codec.writeResponse(writer, body, version);
  return writer.toBuffer();
}

describe('recorded frames', () => {
  const files = new Map([...apiInfo.values()].map(({ key, name }) => [`${kebabCase(name)}.hex`, key]));

  for (const file of readdirSync(folder)) {
    const apiKey = files.get(file);
    test(`${file} is read and written again as it was`, () => {
      assert.ok(apiKey !== undefined, 'the file is named after an API');
      const codec = apiCodecs.get(apiKey) as ApiCodec;
      for (const frame of readFrames(file)) {
        const again: Buffer = frame.isRequest
          ? rewriteRequest(apiKey, codec, frame)
          : rewriteResponse(apiKey, codec, frame);
        const what = `version ${frame.version} ${frame.isRequest ? 'request' : 'response'}`;
        assert.equal(again.toString('hex'), frame.bytes.toString('hex'), what);
      }
    });
  }

  test('cover the main APIs in several versions', () => {
    for (const name of ['produce', 'fetch', 'metadata', 'api-versions', 'join-group', 'offset-commit']) {
      const versions = new Set(readFrames(`${name}.hex`).map(({ version }) => version));
      assert.ok(versions.size >= 3, `${name}: ${[...versions].join(', ')}`);
    }
    assert.equal(requestHeaderVersion(ApiKey.Produce, 9), 2);
  });
});
