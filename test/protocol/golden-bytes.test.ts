/** Frames whose bytes are known from elsewhere, and rules of single messages. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey, responseHeaderVersion } from '../../protocol/apis.ts';
import { ErrorCode, KafkaError, RETRIABLE_ERRORS, errorName, errorText, isRetriable } from '../../protocol/errors.ts';
import { FRAME_LENGTH_SIZE, finishFrame, frameBuffer, startFrame } from '../../protocol/frame.ts';
import { readApiVersionsRequest, writeApiVersionsRequest } from '../../protocol/generated/api-versions-request.ts';
import { readApiVersionsResponse, writeApiVersionsResponse } from '../../protocol/generated/api-versions-response.ts';
import { readDescribeTopicPartitionsRequest } from '../../protocol/generated/describe-topic-partitions-request.ts';
import { readEndTxnMarker, writeEndTxnMarker } from '../../protocol/generated/end-txn-marker.ts';
import { readFetchRequest, writeFetchRequest } from '../../protocol/generated/fetch-request.ts';
import { writeFetchResponse } from '../../protocol/generated/fetch-response.ts';
import { writeMetadataRequest } from '../../protocol/generated/metadata-request.ts';
import { writeMetadataResponse } from '../../protocol/generated/metadata-response.ts';
import { writeProduceResponse } from '../../protocol/generated/produce-response.ts';
import {
  readRequestHeader,
  readResponseHeader,
  writeRequestHeader,
  writeResponseHeader,
} from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

function bodyOf(write: (writer: Writer) => void): string {
  const writer = new Writer();
  write(writer);
  return writer.toBuffer().toString('hex');
}

describe('known frames', () => {
  test('an ApiVersions v0 request', () => {
    const frame = bytes('0000000b 0012 0000 00000001 0001 74');
    const reader = new Reader(frame, FRAME_LENGTH_SIZE);
    const header = readRequestHeader(reader);
    assert.deepEqual(header, { apiKey: 18, apiVersion: 0, correlationId: 1, clientId: 't' });
    readApiVersionsRequest(reader, 0);
    reader.expectEnd();
    const writer = startFrame();
    writeRequestHeader(writer, header);
    writeApiVersionsRequest(writer, {}, 0);
    assert.deepEqual(frameBuffer(writer), frame);
  });

  test('an ApiVersions v3 request, whose header has tags but an old-style client id', () => {
    const frame = bytes('00000015 0012 0003 00000001 0001 74 00 04 6c6962 04 312e30 00');
    const reader = new Reader(frame, FRAME_LENGTH_SIZE);
    const header = readRequestHeader(reader);
    const body = readApiVersionsRequest(reader, 3);
    reader.expectEnd();
    assert.equal(header.clientId, 't');
    assert.deepEqual(body, { clientSoftwareName: 'lib', clientSoftwareVersion: '1.0', clusterId: null, nodeId: -1 });
    const writer = startFrame();
    writeRequestHeader(writer, header);
    writeApiVersionsRequest(writer, body, 3);
    assert.deepEqual(frameBuffer(writer), frame);
  });

  test('the answer to an ApiVersions version the broker lacks', () => {
    const frame = bytes('00000010 00000001 0023 00000001 0012 0000 0004');
    const writer = startFrame();
    writeResponseHeader(writer, 1, responseHeaderVersion(ApiKey.ApiVersions, 9));
    const apiKeys = [{ apiKey: ApiKey.ApiVersions, minVersion: 0, maxVersion: 4 }];
    writeApiVersionsResponse(writer, { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys }, 0);
    assert.deepEqual(frameBuffer(writer), frame);
    const reader = new Reader(frame, FRAME_LENGTH_SIZE);
    assert.equal(readResponseHeader(reader, 0), 1);
    assert.equal(readApiVersionsResponse(reader, 0).errorCode, 35);
  });

  test('the value of a transaction marker', () => {
    assert.equal(
      bodyOf((writer) => writeEndTxnMarker(writer, { coordinatorEpoch: 5 }, 0)),
      '00000005',
    );
    assert.deepEqual(readEndTxnMarker(new Reader(bytes('00000005')), 0), { coordinatorEpoch: 5 });
  });

  test('a request header without a client id', () => {
    const header = { apiKey: ApiKey.Metadata, apiVersion: 12, correlationId: 7, clientId: null };
    assert.equal(
      bodyOf((writer) => writeRequestHeader(writer, header)),
      '0003000c00000007ffff00',
    );
    assert.deepEqual(readRequestHeader(new Reader(bytes('0003000c00000007ffff00'))), header);
  });

  test('a source in a frame counts into its length', () => {
    const source = { byteLength: 1000 };
    const writer = startFrame();
    writeResponseHeader(writer, 1, 1);
    writeFetchResponse(writer, { responses: [{ partitions: [{ records: source }] }] }, 17);
    const parts = finishFrame(writer);
    const total = parts.reduce((sum, part) => sum + part.byteLength, 0);
    assert.equal((parts[0] as Buffer).readInt32BE(0), total - FRAME_LENGTH_SIZE);
    assert.ok(parts.includes(source));
  });
});

describe('versions and defaults', () => {
  test('a value that a version cannot carry is refused unless it may be lost', () => {
    assert.throws(() => bodyOf((w) => writeMetadataRequest(w, { allowAutoTopicCreation: false }, 3)), {
      code: 'unsupported-field',
    });
    bodyOf((w) => writeMetadataRequest(w, { allowAutoTopicCreation: true }, 3));
    bodyOf((w) => writeMetadataResponse(w, { clusterId: 'ignorable' }, 1));
    assert.throws(() => bodyOf((w) => writeFetchRequest(w, { replicaState: { replicaId: 5 } }, 14)), {
      code: 'unsupported-field',
    });
    bodyOf((w) => writeFetchRequest(w, { replicaState: { replicaId: -1, replicaEpoch: -1 } }, 14));
  });

  test('null is refused where a version does not know it', () => {
    assert.throws(() => bodyOf((w) => writeMetadataRequest(w, { topics: null }, 0)), { code: 'unexpected-null' });
    assert.equal(
      bodyOf((w) => writeMetadataRequest(w, { topics: null }, 1)),
      'ffffffff',
    );
    assert.throws(() => readFetchRequest(new Reader(bytes(`${'00'.repeat(25)}ffffffff`)), 7), {
      name: 'ProtocolError',
    });
  });

  test('an int64 default of 2^63-1 is the largest safe integer here', () => {
    const body = bodyOf((w) => writeFetchRequest(w, { topics: [{ partitions: [{}] }] }, 18));
    const request = readFetchRequest(new Reader(bytes(body)), 18);
    assert.equal(request.topics[0]?.partitions[0]?.highWatermark, Number.MAX_SAFE_INTEGER);
    assert.equal(request.maxBytes, 0x7fffffff);
    assert.equal(request.sessionEpoch, -1);
  });

  test('tagged fields with their default value are left out, others are written in the order of their tags', () => {
    const partition = { index: 1, currentLeader: { leaderId: -1, leaderEpoch: -1 } };
    const empty = bodyOf((w) => writeProduceResponse(w, { responses: [{ partitionResponses: [partition] }] }, 10));
    const moved = { ...partition, currentLeader: { leaderId: 2, leaderEpoch: 3 } };
    const full = bodyOf((w) => writeProduceResponse(w, { responses: [{ partitionResponses: [moved] }] }, 10));
    assert.equal(full.length - empty.length, 2 * (1 + 1 + 9));
    assert.ok(full.includes('010009000000020000000300'));
    const response = bodyOf((w) =>
      writeApiVersionsResponse(
        w,
        {
          finalizedFeaturesEpoch: 1,
          supportedFeatures: [{ name: 'f', minVersion: 0, maxVersion: 1 }],
          finalizedFeatures: [{ name: 'f', maxVersionLevel: 1, minVersionLevel: 1 }],
        },
        4,
      ),
    );
    assert.equal(
      response,
      '00000100000000 03 00 08 0202660000000100 01 08 0000000000000001 02 08 0202660001000100'.replaceAll(' ', ''),
    );
  });

  test('a nullable struct has a marker before it', () => {
    const body = '01 000007d0 ff 00';
    const request = readDescribeTopicPartitionsRequest(new Reader(bytes(body)), 0);
    assert.deepEqual(request, { topics: [], responsePartitionLimit: 2000, cursor: null });
    const withCursor = '01 000007d0 01 02 74 00000003 00 00';
    assert.deepEqual(readDescribeTopicPartitionsRequest(new Reader(bytes(withCursor)), 0).cursor, {
      topicName: 't',
      partitionIndex: 3,
    });
  });
});

describe('errors', () => {
  test("have Kafka's names and numbers", () => {
    assert.equal(Object.keys(ErrorCode).length, 138);
    assert.deepEqual(
      Object.values(ErrorCode).sort((a, b) => a - b),
      Array.from({ length: 138 }, (_, index) => index - 1),
    );
    assert.equal(errorName(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), 'UNKNOWN_TOPIC_OR_PARTITION');
    assert.equal(errorName(136), 'CONTROLLER_ID_NOT_REGISTERED');
    assert.equal(errorName(4711), 'UNKNOWN(4711)');
    assert.equal(errorText(4711), errorText(ErrorCode.UNKNOWN_SERVER_ERROR));
  });

  test('know which of them a client retries', () => {
    assert.ok(isRetriable(ErrorCode.NOT_LEADER_OR_FOLLOWER));
    assert.ok(!isRetriable(ErrorCode.NONE));
    assert.ok(!isRetriable(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER));
    assert.ok(RETRIABLE_ERRORS.size > 30);
  });

  test('carry a code, a text and a cause', () => {
    const cause = new Error('disk');
    const error = new KafkaError(ErrorCode.KAFKA_STORAGE_ERROR, undefined, { cause });
    assert.equal(error.code, 56);
    assert.equal(error.codeName, 'KAFKA_STORAGE_ERROR');
    assert.equal(error.cause, cause);
    assert.equal(error.message, errorText(56));
    assert.equal(new KafkaError(3, 'No topic x').message, 'No topic x');
  });
});
