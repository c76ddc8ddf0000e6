/** The hosts that max.connections.per.ip.overrides names: looked up once it is set, as Kafka does. */
import { resolveAddress } from '../base/resolve-address.ts';
import { hostsOf } from './limits.ts';

export class OverriddenHosts {
  #setting = '';
  #addresses: ReadonlyMap<string, string> = new Map();

  /** Of those that are known, by name. */
  get addresses(): ReadonlyMap<string, string> {
    return this.#addresses;
  }

  /**
   * Looks them up; those of before count until then.
   * @returns those that have no address; null: there is nothing new
   */
  async learn(setting: string): Promise<readonly string[] | null> {
    if (setting === this.#setting) return null;
    this.#setting = setting;
    const hosts = hostsOf(setting);
    const found = await Promise.all(hosts.map(resolveAddress));
    if (setting !== this.#setting) return null;
    this.#addresses = new Map(hosts.flatMap((host, at) => (found[at] == null ? [] : [[host, found[at]]])));
    return hosts.filter((host) => !this.#addresses.has(host));
  }
}
