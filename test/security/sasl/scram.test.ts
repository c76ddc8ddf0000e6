/** SCRAM on the broker's side; the numbers of RFC 7677 and a client written here from RFC 5802. */
import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, test } from 'node:test';
import { seededRandom } from '../../../src/base/random.ts';
import { userPrincipal } from '../../../src/security/principal.ts';
import { SaslError, type SaslStep } from '../../../src/security/sasl/exchange.ts';
import { ScramExchange, type ScramLogin, scramUser } from '../../../src/security/sasl/scram.ts';
import {
  credentialOf,
  decodeCredential,
  encodeCredential,
  hmac,
  proves,
  saltedPassword,
  type ScramMechanism,
} from '../../../src/security/sasl/scram-credential.ts';

const ITERATIONS = 4096;
const HASH = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const;

async function login(mechanism: ScramMechanism, user: string, password: string): Promise<ScramLogin> {
  const salt = Buffer.from(`salt of ${user}`);
  const salted = await saltedPassword(mechanism, password, salt, ITERATIONS);
  return scramUser(user, credentialOf(mechanism, salted, { salt, iterations: ITERATIONS }));
}

async function exchange(mechanism: ScramMechanism, byToken?: ScramLogin): Promise<ScramExchange> {
  const logins = new Map([
    ['alice', await login(mechanism, 'alice', 'secret')],
    ['a,b=c', await login(mechanism, 'a,b=c', 'secret')],
  ]);
  const users = {
    find: async (_: ScramMechanism, user: string, isToken: boolean) => (isToken ? byToken : logins.get(user)),
    decoyKey: Buffer.from('decoy'),
  };
  return new ScramExchange(mechanism, users, seededRandom(3));
}

interface Client {
  readonly name: string;
  readonly password: string;
  readonly header?: string;
  readonly extensions?: string;
  readonly change?: (final: string) => string;
  /** The nonce of the last message, from what the broker says. */
  readonly lastNonce?: (nonce: string) => string;
}

/** What a client does; the server's last step. */
async function authenticate(server: ScramExchange, mechanism: ScramMechanism, client: Client): Promise<SaslStep> {
  const { name, password, header = 'n,,', extensions = '', change = (final) => final } = client;
  const { lastNonce = (nonce) => nonce } = client;
  const bare = `n=${name},r=abc${extensions}`;
  const { token } = await server.step(Buffer.from(header + bare));
  const serverFirst = token.toString();
  const [, nonce = '', salt = '', iterations = ''] = /^r=(abc[^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
  const algorithm = HASH[mechanism];
  const bytes = algorithm === 'sha256' ? 32 : 64;
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), bytes, algorithm);
  const clientKey = createHmac(algorithm, salted).update('Client Key').digest();
  const storedKey = createHash(algorithm).update(clientKey).digest();
  const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${lastNonce(nonce)}`;
  const authMessage = `${bare},${serverFirst},${withoutProof}`;
  const signature = createHmac(algorithm, storedKey).update(authMessage).digest();
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)));
  const last = await server.step(Buffer.from(change(`${withoutProof},p=${proof.toString('base64')}`)));
  const serverKey = createHmac(algorithm, salted).update('Server Key').digest();
  const expected = createHmac(algorithm, serverKey).update(authMessage).digest('base64');
  assert.equal(last.token.toString(), `v=${expected}`);
  return last;
}

test('keys and signatures are those of RFC 7677', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const salted = await saltedPassword('SCRAM-SHA-256', 'pencil', salt, 4096);
  const credential = credentialOf('SCRAM-SHA-256', salted, { salt, iterations: 4096 });
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const authMessage = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`;
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
  assert.ok(proves('SCRAM-SHA-256', credential, proof, authMessage));
  assert.equal(
    hmac('SCRAM-SHA-256', credential.serverKey, authMessage).toString('base64'),
    '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  );
});

test('a credential is written as Kafka does, and read back', async () => {
  const { credential } = await login('SCRAM-SHA-512', 'alice', 'secret');
  const text = encodeCredential(credential);
  assert.match(text, /^salt=[^,]+,stored_key=[^,]+,server_key=[^,]+,iterations=4096$/);
  assert.deepEqual(decodeCredential(text), credential);
  assert.equal(decodeCredential('salt=x'), null);
});

for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
  describe(mechanism, () => {
    test('lets in who knows the password', async () => {
      const server = await exchange(mechanism);
      const { done } = await authenticate(server, mechanism, { name: 'alice', password: 'secret' });
      assert.deepEqual(done, { principal: userPrincipal('alice'), expiresMs: null, byToken: false });
    });

    test('lets in a user whose name has commas and equal signs, and one who asks for himself', async () => {
      const server = await exchange(mechanism);
      const name = 'a=2Cb=3Dc';
      const { done } = await authenticate(server, mechanism, { name, password: 'secret', header: `n,a=${name},` });
      assert.deepEqual(done?.principal, userPrincipal('a,b=c'));
    });

    test('knows a delegation token from a user', async () => {
      const owner = { ...(await login(mechanism, 'token', 'hmac')), principal: userPrincipal('bob'), expiresMs: 99 };
      const server = await exchange(mechanism, owner);
      const client = { name: 'token', password: 'hmac', extensions: ',tokenauth=true' };
      const { done } = await authenticate(server, mechanism, client);
      assert.deepEqual(done, { principal: userPrincipal('bob'), expiresMs: 99, byToken: true });
    });

    test('takes the client’s nonce once more before the whole, as old librdkafka sends it', async () => {
      const server = await exchange(mechanism);
      const client = { name: 'alice', password: 'secret', lastNonce: (nonce: string) => `abc${nonce}` };
      assert.deepEqual((await authenticate(server, mechanism, client)).done?.principal, userPrincipal('alice'));
    });

    const wrong: Readonly<Record<string, Client>> = {
      'a nonce with something behind it': {
        name: 'alice',
        password: 'secret',
        lastNonce: (nonce) => `${nonce}a`,
      },
      'a wrong password': { name: 'alice', password: 'Secret' },
      'a user who is not there': { name: 'mallory', password: 'secret' },
      'a nonce that is not the broker’s': {
        name: 'alice',
        password: 'secret',
        change: (final) => final.replace('r=abc', 'r=abd'),
      },
      'another channel than was agreed': {
        name: 'alice',
        password: 'secret',
        change: (final) => final.replace('c=biws', 'c=eSws'),
      },
      'a proof that is too short': {
        name: 'alice',
        password: 'secret',
        change: (final) => final.replace(/p=.*/, 'p=AAAA'),
      },
      'no last message': { name: 'alice', password: 'secret', change: () => 'nonsense' },
    };
    for (const [what, client] of Object.entries(wrong)) {
      test(`refuses ${what}, and says no more than that`, async () => {
        const server = await exchange(mechanism);
        const message =
          'Authentication failed during authentication due to invalid credentials with SASL mechanism ' + mechanism;
        await assert.rejects(
          async () => authenticate(server, mechanism, client),
          (error) => error instanceof SaslError && error.message === message,
        );
        await assert.rejects(async () => server.step(Buffer.from('n,,n=alice,r=abc')), SaslError);
      });
    }

    test('tells who wants to be another user that this is wrong', async () => {
      const server = await exchange(mechanism);
      const message = 'Authentication failed: Client requested an authorization id that is different from username';
      await assert.rejects(server.step(Buffer.from('n,a=bob,n=alice,r=abc')), new SaslError(message));
      await assert.rejects(server.step(Buffer.from('n,,n=alice,r=abc')), SaslError);
    });

    test('says the same salt of a user who is not there each time, and another of another', async () => {
      const saltOf = async (user: string): Promise<string | undefined> => {
        const { token } = await (await exchange(mechanism)).step(Buffer.from(`n,,n=${user},r=abc`));
        return /s=([^,]+)/.exec(token.toString())?.[1];
      };
      assert.equal(await saltOf('mallory'), await saltOf('mallory'));
      assert.notEqual(await saltOf('mallory'), await saltOf('eve'));
    });

    test('refuses to keep a long first message', async () => {
      const server = await exchange(mechanism);
      await assert.rejects(server.step(Buffer.from(`n,,n=alice,r=${'a'.repeat(8192)}`)), SaslError);
    });

    for (const text of [
      '',
      'n,,',
      'y,,n=alice,r=abc',
      'p=tls-unique,,n=alice,r=abc',
      'n,,n=al=ice,r=abc',
      'n,,n=alice,r=',
    ]) {
      test(`refuses to begin with ${JSON.stringify(text)}`, async () => {
        const server = await exchange(mechanism);
        await assert.rejects(async () => server.step(Buffer.from(text)), SaslError);
      });
    }
  });
}
