/**
 * TLS of the listeners that have it: made from their settings, and made anew when dynamic settings or files change.
 * Connections that are open keep what they began with. Files are looked at rather than watched, as that sees renames, links
 * that lead elsewhere (as Kubernetes changes secrets) and network file systems alike.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { ErrorCode, KafkaError } from '../../protocol/errors.ts';
import type { BrokerConfig, Listener } from '../config/broker-config.ts';
import { BROKER_SETTINGS } from '../config/broker-settings.ts';
import { ConfigError } from '../config/config-error.ts';
import { fileState } from '../security/tls/files.ts';
import { ListenerTls, loadTls, type TlsState } from '../security/tls/listener-tls.ts';
import { renewalProblem } from '../security/tls/renewal.ts';
import { type DynamicSettings, NO_DYNAMIC, tlsSettings } from '../security/tls/settings.ts';
import type { TlsControl, TlsListener } from '../security/tls/types.ts';
import { RepeatedTimer } from './repeated-timer.ts';

/** How often files are looked at. */
const LOOK_INTERVAL_MS = 5000;

const SETTINGS: readonly string[] = [...BROKER_SETTINGS.keys()].filter((name) => name.startsWith('ssl.'));

export interface TlsOptions {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A listener, and what its TLS was made from. */
class Reloading {
  readonly name: string;
  readonly tls: ListenerTls;
  /** Texts of its settings, and states of its files, of the last attempt. */
  source: string;

  constructor(name: string, state: TlsState, source: string) {
    this.name = name;
    this.tls = new ListenerTls(state);
    this.source = source;
  }
}

export class TlsListeners implements TlsControl {
  readonly #options: TlsOptions;
  readonly #listeners: readonly Reloading[];
  readonly #stopListening: () => void;
  readonly #looking: RepeatedTimer;
  /** Attempts one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(options: TlsOptions, listeners: readonly Reloading[]) {
    this.#options = options;
    this.#listeners = listeners;
    this.#stopListening = options.config.onChange(() => void this.refresh());
    this.#looking = new RepeatedTimer(options.clock, () => this.refresh());
    this.#looking.start(() => LOOK_INTERVAL_MS);
  }

  /** @throws ConfigError for settings of which no TLS can be made */
  static async open(options: TlsOptions, listeners: readonly Listener[]): Promise<TlsListeners> {
    const opened: Reloading[] = [];
    for (const { name } of listeners) opened.push(await openListener(options, name));
    return new TlsListeners(options, opened);
  }

  get listeners(): ReadonlyMap<string, TlsListener> {
    return new Map(this.#listeners.map(({ name, tls }) => [name, tls]));
  }

  expiries(): { readonly listener: string; readonly expiresMs: number }[] {
    return this.#listeners.map(({ name, tls }) => ({ listener: name, expiresMs: tls.state.expiresMs }));
  }

  async check(own: ReadonlyMap<string, string>): Promise<void> {
    const { config } = this.#options;
    for (const { name, tls } of this.#listeners) {
      const dynamic = { own, defaults: config.dynamicDefaults };
      if (textsOf(config, name, dynamic) === textsOf(config, name, dynamicOf(config))) continue;
      const settings = tlsSettings(config, name, dynamic);
      let problem: string | null;
      try {
        problem = renewalProblem(tls.state.keys, (await loadTls(settings)).keys, settings);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        problem = error.message;
      }
      if (problem !== null) throw new KafkaError(ErrorCode.INVALID_REQUEST, problem);
    }
  }

  /** Makes anew what comes from other settings or files than before. Resolves when that is done. */
  refresh(): Promise<void> {
    this.#work = this.#work.then(async () => {
      for (const listener of this.#isClosed ? [] : this.#listeners) await this.#refreshOne(listener);
    });
    return this.#work;
  }

  async #refreshOne(listener: Reloading): Promise<void> {
    const { config, logger } = this.#options;
    const { name, tls } = listener;
    const settings = tlsSettings(config, name, dynamicOf(config));
    const source = await sourceOf(config, name, dynamicOf(config));
    if (source === listener.source) return;
    listener.source = source;
    const fields = { listener: name };
    try {
      const state = await loadTls(settings);
      const problem = renewalProblem(tls.state.keys, state.keys, settings);
      if (problem !== null) throw new ConfigError(problem);
      tls.replace(state);
      logger.info('tls-renewed', `TLS of ${name} was renewed; new connections get it`, {
        ...fields,
        expires: new Date(state.expiresMs).toISOString(),
      });
    } catch (error) {
      const reason = error instanceof ConfigError ? error.message : String(error);
      logger.error('tls-kept', `TLS of ${name} stays as it was: ${reason}`, fields);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    this.#looking.stop();
  }
}

function dynamicOf({ dynamicOwn, dynamicDefaults }: BrokerConfig): DynamicSettings {
  return { own: dynamicOwn, defaults: dynamicDefaults };
}

function textsOf(config: BrokerConfig, listener: string, dynamic: DynamicSettings): string {
  const settings = tlsSettings(config, listener, dynamic);
  return JSON.stringify(SETTINGS.map((name) => settings.text(name)));
}

async function sourceOf(config: BrokerConfig, listener: string, dynamic: DynamicSettings): Promise<string> {
  const settings = tlsSettings(config, listener, dynamic);
  const files = ['ssl.keystore.location', 'ssl.truststore.location'].flatMap((name) => settings.text(name) ?? []);
  return [textsOf(config, listener, dynamic), ...(await Promise.all(files.map(fileState)))].join('\n');
}

/** Without what was set at run time where that does not work any more: or nobody could mend it. */
async function openListener({ config, logger }: TlsOptions, name: string): Promise<Reloading> {
  const dynamic = dynamicOf(config);
  const isAsGiven = textsOf(config, name, dynamic) === textsOf(config, name, NO_DYNAMIC);
  const source = await sourceOf(config, name, dynamic);
  let state: TlsState;
  try {
    state = await loadTls(tlsSettings(config, name, dynamic));
  } catch (error) {
    if (isAsGiven || !(error instanceof ConfigError)) throw error;
    logger.error('tls-kept', `What was set at run time for TLS of ${name} is left out: ${error.message}`, {
      listener: name,
    });
    state = await loadTls(tlsSettings(config, name));
  }
  if (state.trustsEverybody) {
    logger.warn('tls-trusts-public', `${name} has no trust store, and takes a certificate of any public authority`, {
      listener: name,
    });
  }
  return new Reloading(name, state, source);
}
