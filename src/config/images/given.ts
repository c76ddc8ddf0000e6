/** Settings on their way from environment variables to a configuration. */
import { brokerSetting } from '../broker-settings.ts';
import { ConfigError } from '../config-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What variables say, by setting, with the variable that says it. */
export class GivenSettings {
  readonly values = new Map<string, string>();
  readonly variables = new Map<string, string>();

  /** @throws ConfigError when another variable has said something else */
  set(setting: string, value: string, variable: string): void {
    const before = this.variables.get(setting);
    if (before !== undefined && this.values.get(setting) !== value) {
      const isSecret = brokerSetting(setting)?.type === 'password';
      const both = isSecret
        ? `${before} and ${variable}`
        : `${before}=${this.values.get(setting)} and ${variable}=${value}`;
      throw new ConfigError(`${both} are the same setting, ${setting}: write one of them`);
    }
    this.values.set(setting, value);
    this.variables.set(setting, variable);
  }
}

/** What Kubernetes tells every pod of a service whose name begins with kafka or walka. */
const SERVICE_VARIABLES = /_SERVICE_(?:HOST|PORT(?:_.+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;

/** A service walka-metrics even has the name of a setting, WALKA_METRICS_PORT; its value is an address. */
export function isOfService(variable: string, value: string): boolean {
  return SERVICE_VARIABLES.test(variable) || (variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value));
}

/** The first of the variables that says something, with what it says. */
export function firstOf(
  env: Environment,
  names: readonly string[],
): { readonly variable: string; readonly value: string } | null {
  for (const variable of names) {
    const value = env[variable]?.trim();
    if (value !== undefined && value !== '' && !isOfService(variable, value)) return { variable, value };
  }
  return null;
}
