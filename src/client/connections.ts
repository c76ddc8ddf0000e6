/** One connection to each broker's address, opened when it is first wanted, and anew after it has closed. */
import { type Address, addressText } from './address.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { ClientError } from './errors.ts';

export class Connections {
  readonly #options: ConnectionOptions;
  readonly #byAddress = new Map<string, Promise<Connection>>();
  #isClosed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** @throws ClientError as a rejection */
  to(address: Address): Promise<Connection> {
    const key = addressText(address);
    const known = this.#byAddress.get(key);
    const opened =
      known === undefined ? this.#open(address) : known.then((one) => (one.isClosed ? this.#open(address) : one));
    this.#byAddress.set(key, opened);
    opened.catch(() => {
      if (this.#byAddress.get(key) === opened) this.#byAddress.delete(key);
    });
    return opened;
  }

  close(): void {
    this.#isClosed = true;
    for (const opening of this.#byAddress.values()) {
      opening.then(
        (connection) => connection.close(),
        () => undefined,
      );
    }
  }

  async #open(address: Address): Promise<Connection> {
    if (this.#isClosed) throw new ClientError('CLOSED', 'the client is closed');
    const connection = await Connection.open(address, this.#options);
    if (this.#isClosed) connection.close();
    return connection;
  }
}
