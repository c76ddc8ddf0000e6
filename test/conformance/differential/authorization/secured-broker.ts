/** A broker of either kind with an authorizer and users who log in, as the authorization matrix needs it. */
import type { ApiName } from '../../../../protocol/apis.ts';
import { BrokerProcess, type BrokerTarget } from '../../../support/broker-process.ts';
import { type Answer, ApiClient, type Body } from '../api-client.ts';
import { ADMIN, PASSWORD } from './rights.ts';

/** The listener whose answers are looked at; the other is for what the world needs. */
export type AskedListener = 'client' | 'controller';

export class SecuredBroker implements AsyncDisposable {
  readonly target: BrokerTarget;
  readonly #process: BrokerProcess;
  readonly #asked: AskedListener;
  readonly #connections = new Map<string, Promise<ApiClient>>();

  private constructor(process: BrokerProcess, asked: AskedListener) {
    this.#process = process;
    this.#asked = asked;
    this.target = process.target;
  }

  static async start(
    target: BrokerTarget,
    settings: Readonly<Record<string, string>>,
    asked: AskedListener = 'client',
  ): Promise<SecuredBroker> {
    const controllerProtocol = asked === 'client' ? {} : ({ controllerProtocol: 'SASL_PLAINTEXT' } as const);
    const process = await BrokerProcess.start({
      target,
      settings,
      clientProtocol: 'SASL_PLAINTEXT',
      ...controllerProtocol,
    });
    return new SecuredBroker(process, asked);
  }

  /** A new connection of the user. */
  async login(user: string, listener: AskedListener = 'client'): Promise<ApiClient> {
    const { clientPort, controllerPort } = this.#process;
    const client = await ApiClient.open(listener === 'client' ? clientPort : controllerPort);
    await client.call('SaslHandshake', 1, { mechanism: 'PLAIN' });
    const answer: any = await client.call('SaslAuthenticate', 2, { authBytes: Buffer.from(`\0${user}\0${PASSWORD}`) });
    if (answer.errorCode !== 0) throw new Error(`${user} cannot log in: ${JSON.stringify(answer)}`);
    return client;
  }

  get admin(): Promise<ApiClient> {
    return this.#connection(ADMIN, 'client');
  }

  #connection(user: string, listener: AskedListener): Promise<ApiClient> {
    const name = `${user} at ${listener}`;
    const known = this.#connections.get(name) ?? this.login(user, listener);
    this.#connections.set(name, known);
    return known;
  }

  /** What the user is answered on the connection that the user keeps. */
  async ask(user: string, api: ApiName, version: number, body: Body): Promise<Answer> {
    const client = await this.#connection(user, this.#asked);
    const answer = await client.call(api, version, body);
    if (typeof answer === 'string') {
      client.close();
      this.#connections.delete(`${user} at ${this.#asked}`);
    }
    return answer;
  }

  /** The versions that it serves, by the API's key. */
  async versions(): Promise<ReadonlyMap<number, { readonly minVersion: number; readonly maxVersion: number }>> {
    const answer: any = await (await this.admin).call('ApiVersions', 0);
    return new Map(answer.apiKeys.map((one: any) => [one.apiKey, one]));
  }

  /** kill -9; nobody is logged in any more. */
  async kill(): Promise<void> {
    await this.#process.kill();
    for (const connection of this.#connections.values()) (await connection.catch(() => null))?.close();
    this.#connections.clear();
  }

  restart(): Promise<void> {
    return this.#process.restart();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) (await connection.catch(() => null))?.close();
    await this.#process[Symbol.asyncDispose]();
  }
}
