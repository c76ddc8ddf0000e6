/**
 * The SCRAM credentials of a cluster, kept by user: mechanism and credential as Kafka writes it; and those of its delegation
 * tokens.
 */
import type { DelegationTokens } from '../tokens/delegation-tokens.ts';
import { type ScramLogin, scramUser, type ScramUsers } from './scram.ts';
import { decodeCredential, type ScramMechanism } from './scram-credential.ts';

/** Where they are kept. */
export interface CredentialStore {
  /** Credentials of a user by mechanism, empty if there is none. */
  credentials(user: string): ReadonlyMap<string, string>;
}

export class StoredScramUsers implements ScramUsers {
  readonly decoyKey: Buffer;
  readonly #store: CredentialStore;
  readonly #tokens: Pick<DelegationTokens, 'login'> | null;

  /** @param decoyKey a secret of this broker */
  constructor(store: CredentialStore, tokens: Pick<DelegationTokens, 'login'> | null, decoyKey: Buffer) {
    this.#store = store;
    this.#tokens = tokens;
    this.decoyKey = decoyKey;
  }

  async find(mechanism: ScramMechanism, user: string, byToken: boolean): Promise<ScramLogin | undefined> {
    if (byToken) return this.#tokens?.login(mechanism, user);
    const text = this.#store.credentials(user).get(mechanism);
    const credential = text === undefined ? null : decodeCredential(text);
    return credential === null ? undefined : scramUser(user, credential);
  }
}
