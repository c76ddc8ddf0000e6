/** TLS of the listeners that have it; its code is loaded where one does. */
import { hasTls, type Listener } from '../config/listeners.ts';
import type { TlsControl, TlsListener } from '../security/tls/types.ts';
import type { TlsOptions } from './tls-listeners.ts';

export interface OpenedTls {
  /** By name; empty where none has TLS. */
  readonly listeners: ReadonlyMap<string, TlsListener>;
  /** Null where none has TLS. */
  readonly control: TlsControl | null;
  close(): void;
}

/** Of those of `all` that have it. @throws ConfigError for settings of which no TLS can be made */
export async function openTls(options: TlsOptions, all: readonly Listener[]): Promise<OpenedTls> {
  const listeners = all.filter(({ protocol }) => hasTls(protocol));
  if (listeners.length === 0) return { listeners: new Map(), control: null, close: () => {} };
  const { TlsListeners } = await import('./tls-listeners.ts');
  const control = await TlsListeners.open(options, listeners);
  return { listeners: control.listeners, control, close: () => control.close() };
}
