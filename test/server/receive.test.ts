/** Says when Node changes what src/server/receive.ts relies on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { canMoveHandle, receive } from '../../src/server/receive.ts';
import { turns } from '../support/run-clock.ts';

async function accept(): Promise<{ accepted: Socket; client: Socket; close: () => Promise<void> }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const close = async (): Promise<void> => {
    client.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { accepted, client, close };
}

test('this Node lets an accepted connection read into our memory', async () => {
  const { accepted, close } = await accept();
  assert.ok(
    canMoveHandle(accepted),
    'Node has changed: sockets are read by data events now, which costs three times as much',
  );
  accepted.destroy();
  await close();
});

test('bytes land in the memory that was handed out, and reading stops when asked to', async () => {
  const { accepted, client, close } = await accept();
  const memory = Buffer.alloc(1000);
  const reads: string[] = [];
  let onRead: (() => void) | null = null;
  const { socket } = receive(accepted, {
    clock: systemClock,
    target: () => memory,
    mayGather: () => false,
    received(bytes, count) {
      assert.equal(bytes, memory);
      reads.push(bytes.toString('latin1', 0, count));
      onRead?.();
      return reads.length !== 1;
    },
    ended: () => socket.end(),
  });
  const read = (): Promise<void> => new Promise((resolve) => (onRead = resolve));
  const first = read();
  client.write('one');
  await first;
  const second = read();
  client.write('two');
  await turns(50);
  assert.deepEqual(reads, ['one']);
  socket.resume();
  await second;
  assert.deepEqual(reads, ['one', 'two']);
  const closed = once(socket, 'close');
  client.end();
  await closed;
  await close();
});

test('after a retarget nothing lands in the memory before, and reading goes on in the new', async () => {
  const { accepted, client, close } = await accept();
  const memories = [Buffer.alloc(1000), Buffer.alloc(1000)];
  let memory = memories[0] as Buffer;
  const reads: string[] = [];
  let onRead: (() => void) | null = null;
  const reception = receive(accepted, {
    clock: systemClock,
    target: () => memory,
    mayGather: () => false,
    received(bytes, count) {
      assert.equal(bytes, memory);
      reads.push(memory.toString('latin1', 0, count));
      onRead?.();
      return true;
    },
    ended: () => reception.socket.end(),
  });
  memory = memories[1] as Buffer;
  reception.retarget();
  for (const text of ['one', 'two', 'three']) {
    const read = new Promise<void>((resolve) => (onRead = resolve));
    client.write(text);
    await read;
  }
  assert.deepEqual(reads, ['one', 'two', 'three']);
  assert.ok(memories[0]?.equals(Buffer.alloc(1000)));
  const closed = once(reception.socket, 'close');
  client.end();
  await closed;
  await close();
});
