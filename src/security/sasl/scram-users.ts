/** The SCRAM credentials of a cluster, kept by user: mechanism and credential as Kafka writes it. */
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

  /** @param decoyKey a secret of this broker */
  constructor(store: CredentialStore, decoyKey: Buffer) {
    this.#store = store;
    this.decoyKey = decoyKey;
  }

  find(mechanism: ScramMechanism, user: string, byToken: boolean): ScramLogin | undefined {
    const text = byToken ? undefined : this.#store.credentials(user).get(mechanism);
    const credential = text === undefined ? null : decodeCredential(text);
    return credential === null ? undefined : scramUser(user, credential);
  }
}
