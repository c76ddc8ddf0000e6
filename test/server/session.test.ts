/** What is served before a client has said who it is, and connections that are muted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiKey } from '../../protocol/apis.ts';
import { ANONYMOUS } from '../../src/security/principal.ts';
import type { Session } from '../../src/security/session.ts';
import { until } from '../support/run-clock.ts';
import { requestFrame } from '../support/wire-client.ts';
import { answer, client, echo, produce, startRig, turn } from './rig.ts';

const unknownClient = (): Session => ({
  protocol: 'SASL_PLAINTEXT',
  principal: ANONYMOUS,
  sasl: null,
  maxFrameBytes: 1000,
  admits: (_, precedesAuthentication) => precedesAuthentication,
});

describe('a client that has not said who it is', () => {
  test('is told which versions there are', async () => {
    const rig = await startRig({}, false, undefined, unknownClient);
    const c = await client(rig);
    c.send(requestFrame(ApiKey.ApiVersions, 0, 1, Buffer.alloc(0)));
    assert.equal((await c.next())?.readInt16BE(4), 0);
  });

  test('is closed by any other request, which is neither read nor run', async () => {
    const rig = await startRig({}, false, undefined, unknownClient);
    for (const request of [
      echo(1, 'who am I'),
      produce(1, 'mine'),
      requestFrame(ApiKey.Fetch, 99, 1, Buffer.alloc(9)),
    ]) {
      const c = await client(rig);
      c.send(request);
      await c.closed;
    }
    assert.deepEqual(rig.started, []);
    assert.deepEqual(rig.pool.leaks(), []);
  });

  test('is closed when a frame begins that is larger than anything it may say', async () => {
    const rig = await startRig({}, false, undefined, unknownClient);
    const c = await client(rig);
    c.send(echo(1, 'x'.repeat(2000)).subarray(0, 4));
    await c.closed;
  });
});

describe('a muted connection', () => {
  test('gets the answer at hand at once, and no request started until its time is over', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([echo(1, 'mute 500'), echo(2, 'next')]));
    assert.equal(await answer(c), '1:mute 500');
    rig.clock.advance(499);
    await turn();
    assert.deepEqual(rig.started, ['mute 500']);
    rig.clock.advance(1);
    assert.equal(await answer(c), '2:next');
  });

  test('takes the longest of what was asked for', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([echo(1, 'slow mute'), echo(2, 'next')]));
    await until(() => rig.started.length === 1);
    const [connection] = rig.connections;
    connection?.mute(1000);
    connection?.mute(10);
    rig.finish('slow mute');
    assert.equal(await answer(c), '1:slow mute');
    rig.clock.advance(999);
    await turn();
    assert.equal(rig.started.length, 1);
    rig.clock.advance(1);
    assert.equal(await answer(c), '2:next');
  });

  test('holds up no other', async () => {
    const rig = await startRig();
    const [muted, other] = [await client(rig), await client(rig)];
    muted.send(echo(1, 'mute 1000'));
    await answer(muted);
    other.send(echo(2, 'mine'));
    assert.equal(await answer(other), '2:mine');
  });

  test('is closed with the server', async () => {
    const rig = await startRig();
    const c = await client(rig);
    c.send(Buffer.concat([echo(1, 'mute 100000'), echo(2, 'never')]));
    await answer(c);
    await rig.server.close();
    await c.closed;
    assert.deepEqual(rig.started, ['mute 100000']);
  });
});
