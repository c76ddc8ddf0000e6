/**
 * Records that the coordinators of Apache Kafka 4.4.0 wrote (test/golden/coordinator-records.hex), and what real
 * clients put into JoinGroup and SyncGroup: read to the last byte, written again as the same bytes.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ApiKey, requestHeaderVersion } from '../../protocol/apis.ts';
import { readConsumerProtocolAssignment } from '../../protocol/generated/consumer-protocol-assignment.ts';
import {
  readConsumerProtocolSubscription,
  writeConsumerProtocolSubscription,
} from '../../protocol/generated/consumer-protocol-subscription.ts';
import { readJoinGroupRequest } from '../../protocol/generated/join-group-request.ts';
import { readSyncGroupResponse } from '../../protocol/generated/sync-group-response.ts';
import { readRequestHeader, readResponseHeader } from '../../protocol/header.ts';
import { Reader } from '../../protocol/reader.ts';
import { Writer } from '../../protocol/writer.ts';
import { loadCodecs } from '../support/codecs.ts';

const golden = join(import.meta.dirname, '../golden');
const codecs = await loadCodecs();

/** Types of keys that several topics use for different things are told apart by the topic. */
const PREFIXES: Readonly<Record<string, (name: string) => boolean>> = {
  __consumer_offsets: (name) => !/^(TransactionLog|ShareSnapshot|ShareUpdate)/.test(name),
  __transaction_state: (name) => name.startsWith('TransactionLog'),
  __share_group_state: (name) => /^Share(Snapshot|Update)/.test(name),
};

/** Reads and writes a key or value, whose version comes before it. Keys have version 0 and their type instead. */
function rewrite(topic: string, type: number, kind: 'key' | 'value', bytes: Buffer): Buffer {
  const codec = codecs.find(
    ({ schema }) =>
      schema.kind === `coordinator-${kind}` && schema.apiKey === type && PREFIXES[topic]?.(schema.name) === true,
  );
  assert.ok(codec, `${topic} has a ${kind} of type ${type}`);
  const reader = new Reader(bytes);
  const prefix = reader.int16();
  const version = kind === 'key' ? 0 : prefix;
  const message = codec.read(reader, version);
  reader.expectEnd();
  const writer = new Writer();
  writer.int16(prefix);
  codec.write(writer, message, version);
  return writer.toBuffer();
}

function framesOf(file: string, direction: string): Array<{ version: number; bytes: Buffer }> {
  const lines = readFileSync(join(golden, 'frames', file), 'utf8')
    .trim()
    .split('\n');
  return lines
    .map((line) => line.split(' '))
    .filter((fields) => fields[1] === direction)
    .map(([version, , hex]) => ({ version: Number(version), bytes: Buffer.from(hex ?? '', 'hex') }));
}

describe('records of coordinators', () => {
  const lines = readFileSync(join(golden, 'coordinator-records.hex'), 'utf8').trim().split('\n');
  for (const [index, line] of lines.entries()) {
    const [topic = '', keyHex = '', valueHex = '-'] = line.split(' ');
    const type = Buffer.from(keyHex, 'hex').readInt16BE(0);
    test(`record ${index + 1}, ${topic} type ${type}, is read and written again as it was`, () => {
      const key = Buffer.from(keyHex, 'hex');
      assert.equal(rewrite(topic, type, 'key', key).toString('hex'), keyHex);
      if (valueHex === '-') return;
      const value = Buffer.from(valueHex, 'hex');
      assert.equal(rewrite(topic, type, 'value', value).toString('hex'), valueHex);
    });
  }
});

describe('the embedded consumer protocol', () => {
  test('subscriptions of real clients are read, and written again as they were', () => {
    let count = 0;
    for (const { version, bytes } of framesOf('join-group.hex', 'request')) {
      const reader = new Reader(bytes);
      const header = readRequestHeader(reader);
      assert.equal(requestHeaderVersion(ApiKey.JoinGroup, version), version >= 6 ? 2 : 1);
      const request = readJoinGroupRequest(reader, header.apiVersion);
      if (request.protocolType !== 'consumer') continue;
      for (const { metadata } of request.protocols) {
        const inner = new Reader(metadata);
        const innerVersion = inner.int16();
        // kafka-go calls its subscriptions version 1, but leaves out the owned partitions of that version.
        if (header.clientId?.includes('kafka-go') === true) {
          assert.throws(() => readConsumerProtocolSubscription(inner, innerVersion), { code: 'truncated' });
          continue;
        }
        const subscription = readConsumerProtocolSubscription(inner, innerVersion);
        inner.expectEnd();
        assert.ok(subscription.topics.length > 0);
        const writer = new Writer();
        writer.int16(innerVersion);
        writeConsumerProtocolSubscription(writer, subscription, innerVersion);
        assert.equal(writer.toBuffer().toString('hex'), metadata.toString('hex'));
        count++;
      }
    }
    assert.ok(count >= 5, `${count} subscriptions`);
  });

  test('assignments of real clients are read', () => {
    let partitions = 0;
    for (const { version, bytes } of framesOf('sync-group.hex', 'response')) {
      const reader = new Reader(bytes);
      readResponseHeader(reader, version >= 4 ? 1 : 0);
      const { assignment } = readSyncGroupResponse(reader, version);
      if (assignment.length === 0) continue;
      const inner = new Reader(assignment);
      const { assignedPartitions } = readConsumerProtocolAssignment(inner, inner.int16());
      for (const topic of assignedPartitions) partitions += topic.partitions.length;
    }
    assert.ok(partitions > 0);
  });
});
