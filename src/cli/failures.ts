/** Why a broker could not start, in one line for people. */
import { isError } from '../base/realms.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import { directoryProblem } from './data-directory.ts';

/** Codes of the catalog and the engine whose own sentence says all there is to say. */
const SELF_EXPLAINING: ReadonlySet<string> = new Set([
  'LOCKED',
  'FOREIGN',
  'TOO_NEW',
  'CORRUPT',
  'DISK_FULL',
  'IO',
  'POISONED',
]);

/** Where it was to listen; the system's error leaves out port 0. */
function placeOf(error: Error): string {
  const { address = 'the address', port } = error as { address?: string; port?: number };
  if (port === undefined) return address;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function systemText(code: string, config: BrokerConfig, error: NodeJS.ErrnoException): string | null {
  const port = (error as { port?: number }).port;
  switch (code) {
    case 'EADDRINUSE':
      return port === config.int('walka.metrics.port')
        ? `port ${port} is in use: stop what uses it, or choose another with --metrics-port`
        : `port ${port} is in use: stop what uses it, or choose another with --listen host:port`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `cannot listen on ${(error as { hostname?: string }).hostname}: there is no such host`;
    case 'EADDRNOTAVAIL':
      return `cannot listen on ${placeOf(error)}: this machine does not have the address`;
    case 'EACCES':
    case 'EPERM':
      return port === undefined
        ? `may not use ${config.dataDir}: ${error.message}`
        : `may not listen on port ${port}: ${error.message}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `there is no room in ${config.dataDir}`;
    default:
      // Whatever else the system refuses concerns the data directory.
      return error.syscall === undefined ? null : `cannot use ${config.dataDir}: ${error.message}`;
  }
}

/** The sentence, and what led to it unless that is said already. */
function withCause({ message, cause }: Error): string {
  if (!isError(cause) || message.includes(cause.message)) return message;
  return `${message.replace(/\.$/, '')}: ${cause.message}`;
}

/** What went wrong on a data directory that no broker runs on, or null for an error that nobody expected. */
export function failureText(error: unknown): string | null {
  if (!isError(error) || typeof (error as NodeJS.ErrnoException).code !== 'string') return null;
  return withCause(error).replace(/\s*\n\s*/g, ' ');
}

/** The line, or null for an error that nobody expected. */
export function startFailure(error: unknown, config: BrokerConfig): string | null {
  if (!isError(error)) return null;
  const { code } = error as NodeJS.ErrnoException;
  // A topic of --topic that cannot be created carries a Kafka error code, a number, and names the topic.
  if (typeof code === 'number') return `--topic: cannot create ${error.message}`;
  if (typeof code !== 'string') return null;
  const ofDirectory = config.dataDir !== null && (code === 'IO' || 'path' in error);
  const problem = ofDirectory ? directoryProblem(config.dataDir) : null;
  if (problem !== null) return problem;
  const known = SELF_EXPLAINING.has(code) ? withCause(error) : systemText(code, config, error as NodeJS.ErrnoException);
  return known?.replace(/\s*\n\s*/g, ' ') ?? null;
}
