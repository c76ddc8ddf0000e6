/** ApiVersions, and what the connection itself does with bad frames. */
import assert from 'node:assert/strict';
import { ApiKey } from '../../../../protocol/apis.ts';
import type { Case, Session } from '../session.ts';

const CLOSED = 'closed the connection';
/** What a flexible header has behind its client id. */
const NO_TAGS = Buffer.from([0]);

function frame(key: number, version: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(key, 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(7, 4);
  header.writeInt16BE(-1, 8);
  return sized(Buffer.concat([header, body]));
}

function sized(bytes: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([size, bytes]);
}

async function closesOn(session: Session, step: string, bytes: Buffer): Promise<void> {
  assert.equal(await session.raw(step, bytes), CLOSED, step);
}

async function answers(session: Session, step: string, bytes: Buffer): Promise<void> {
  const answer = await session.raw(step, bytes);
  // The correlation id of every frame.
  assert.equal(answer.slice(0, 8), '00000007', step);
}

export const connectionCases: readonly Case[] = [
  ...[0, 1, 2, 3, 4, 5].map((version) => ({
    name: `ApiVersions v${version}`,
    run: async (session: Session) => {
      const body = version >= 3 ? { clientSoftwareName: 'differential', clientSoftwareVersion: '1.0' } : {};
      await session.call('the answer', 'ApiVersions', version, body);
    },
  })),
  {
    name: 'ApiVersions with names that are not allowed',
    run: async (session) => {
      for (const [clientSoftwareName, clientSoftwareVersion] of [
        ['', '1'],
        ['a', ''],
        ['with space', '1'],
        ['-dash', '1'],
        ['a', '1.'],
        ['ok.name-1', '2.0'],
      ]) {
        await session.call(`${clientSoftwareName}/${clientSoftwareVersion}`, 'ApiVersions', 3, {
          clientSoftwareName,
          clientSoftwareVersion,
        });
      }
    },
  },
  {
    name: 'ApiVersions of a version to come is answered in version 0',
    run: (session) => answers(session, 'v99', frame(ApiKey.ApiVersions, 99, NO_TAGS)),
  },
  {
    name: 'a request for an API that does not exist',
    run: async (session) => {
      await closesOn(session, 'key 999', frame(999, 0));
      await closesOn(session, 'key -1', frame(-1, 0));
      await closesOn(session, 'a removed API (LeaderAndIsr)', frame(4, 0));
    },
  },
  {
    name: 'a request for a version that does not exist',
    run: async (session) => {
      await closesOn(session, 'Metadata v99', frame(ApiKey.Metadata, 99, NO_TAGS));
      await closesOn(session, 'Metadata v-1', frame(ApiKey.Metadata, -1));
      await closesOn(session, 'Produce v0', frame(ApiKey.Produce, 0));
      await closesOn(session, 'Fetch v1', frame(ApiKey.Fetch, 1));
      await closesOn(session, 'CreateTopics v1', frame(ApiKey.CreateTopics, 1));
    },
  },
  {
    name: 'a frame whose size is not possible',
    run: async (session) => {
      await closesOn(session, 'negative', Buffer.from('ffffffff', 'hex'));
      await closesOn(session, 'over socket.request.max.bytes', Buffer.from('7fffffff0000', 'hex'));
    },
  },
  {
    name: 'a frame that ends before its message does',
    run: async (session) => {
      await closesOn(session, 'a header cut short', sized(Buffer.from('0003', 'hex')));
      await closesOn(session, 'a Metadata v1 body cut short', frame(ApiKey.Metadata, 1, Buffer.from('0000', 'hex')));
      await closesOn(
        session,
        'an array longer than the frame',
        frame(ApiKey.Metadata, 1, Buffer.from('7fffffff', 'hex')),
      );
    },
  },
  {
    name: 'answers leave in the order of the requests',
    run: async (session) => {
      const topic = await session.createTopic('order');
      const fetch = {
        maxWaitMs: 300,
        minBytes: 1,
        maxBytes: 1000,
        topics: [{ topic: topic.name, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }] }],
      };
      const [first, second] = [
        session.call('a fetch that waits', 'Fetch', 12, fetch),
        session.call('metadata behind it', 'Metadata', 12, { topics: [{ name: topic.name }] }),
      ];
      await first;
      await second;
    },
  },
  {
    name: 'negative lengths other than -1, and tags in no order',
    run: async (session) => {
      const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
      await session.raw('no null string of Heartbeat v3', frame(ApiKey.Heartbeat, 3, hex('fffe 00000001 0000 ffff')));
      await session.raw('a null string of Heartbeat v3', frame(ApiKey.Heartbeat, 3, hex('0000 00000001 0000 8000')));
      await session.awaitCoordinator('none');
      await session.raw('a null array of OffsetFetch v2', frame(ApiKey.OffsetFetch, 2, hex('0004 6e6f6e65 fffffffe')));
      await session.raw('no null array of DescribeGroups v0', frame(ApiKey.DescribeGroups, 0, hex('fffffffe')));
      // A flexible header has tags of its own behind the client id.
      for (const [step, tags] of [
        ['in order', '02 0500 0600'],
        ['in no order', '02 0600 0500'],
        ['twice', '02 0500 0501aa'],
        ['too many', '03 0500 0600'],
      ] as const) {
        await session.raw(`tags ${step} in a header`, frame(ApiKey.Heartbeat, 4, hex(`${tags} 01 00000001 01 00 00`)));
        await session.raw(`tags ${step} in a body`, frame(ApiKey.Heartbeat, 4, hex(`00 01 00000001 01 00 ${tags}`)));
      }
      const header = hex('000c 0000 00000007 8000 0000 00000001 0000');
      await session.raw('a client id of a negative length', sized(header));
    },
  },
  {
    name: 'bytes after a request are ignored',
    run: (session) =>
      answers(session, 'Heartbeat v0', frame(ApiKey.Heartbeat, 0, Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 9, 9, 9]))),
  },
];
