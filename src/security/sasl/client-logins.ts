/** The client's side of SASL's mechanisms, for the commands. */
import { timingSafeEqual } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import { ClientError } from '../../client/errors.ts';
import type { SaslConversation, SaslLogin } from '../../client/security.ts';
import { clientProof, hmac, saltedPassword, type ScramMechanism } from './scram-credential.ts';

const NONCE_BYTES = 24;
/** No channel is bound. */
const HEADER = 'n,,';
const SERVER_FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/=]+),i=(\d{1,9})(?:,|$)/;
/** A broker that asks for more wants the client's time. */
const MAX_ITERATIONS = 1_000_000;

export function plainLogin(user: string, password: string): SaslLogin {
  return {
    mechanism: 'PLAIN',
    begin() {
      const tokens = [Buffer.from(`\0${user}\0${password}`)];
      return { respond: async () => tokens.shift() ?? null };
    },
  };
}

/** @param byToken user and password are the id and the HMAC of a delegation token */
export function scramLogin(
  mechanism: ScramMechanism,
  credentials: { readonly user: string; readonly password: string; readonly byToken: boolean },
  random: Random,
): SaslLogin {
  return { mechanism, begin: () => new ScramConversation(mechanism, credentials, random) };
}

class ScramConversation implements SaslConversation {
  readonly #mechanism: ScramMechanism;
  readonly #password: string;
  readonly #nonce: string;
  readonly #first: string;
  #serverSignature: Buffer | null = null;
  #step: 'first' | 'final' | 'verify' = 'first';

  constructor(
    mechanism: ScramMechanism,
    { user, password, byToken }: Parameters<typeof scramLogin>[1],
    random: Random,
  ) {
    this.#mechanism = mechanism;
    this.#password = password;
    this.#nonce = random.bytes(NONCE_BYTES).toString('base64url');
    const name = user.replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#first = `n=${name},r=${this.#nonce}${byToken ? ',tokenauth=true' : ''}`;
  }

  async respond(challenge: Buffer): Promise<Buffer | null> {
    if (this.#step === 'first') {
      this.#step = 'final';
      return Buffer.from(HEADER + this.#first);
    }
    if (this.#step === 'final') {
      this.#step = 'verify';
      return this.#final(challenge.toString());
    }
    const signature = Buffer.from(/^v=([A-Za-z0-9+/=]+)/.exec(challenge.toString())?.[1] ?? '', 'base64');
    const expected = this.#serverSignature as Buffer;
    if (signature.length === expected.length && timingSafeEqual(signature, expected)) return null;
    throw new ClientError('NOT_KAFKA', 'the broker does not prove that it knows the password');
  }

  async #final(serverFirst: string): Promise<Buffer> {
    const [, nonce = '', salt = '', iterations] = SERVER_FIRST.exec(serverFirst) ?? [];
    if (!nonce.startsWith(this.#nonce) || Number(iterations) > MAX_ITERATIONS) {
      throw new ClientError('NOT_KAFKA', `the broker's answer is not one of ${this.#mechanism}`);
    }
    const salted = await saltedPassword(
      this.#mechanism,
      this.#password,
      Buffer.from(salt, 'base64'),
      Number(iterations),
    );
    const withoutProof = `c=${Buffer.from(HEADER).toString('base64')},r=${nonce}`;
    const message = `${this.#first},${serverFirst},${withoutProof}`;
    this.#serverSignature = hmac(this.#mechanism, hmac(this.#mechanism, salted, 'Server Key'), message);
    return Buffer.from(`${withoutProof},p=${clientProof(this.#mechanism, salted, message).toString('base64')}`);
  }
}
