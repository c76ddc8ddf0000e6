/** Looks whether a broker could listen, and whether clients would find it where it says that it is. */
import { lookup } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { BrokerConfig, Listener } from '../../config/broker-config.ts';
import { type Finding, hint, ok, problem } from './finding.ts';

function placeOf({ host, port }: Listener): string {
  return `${host === '' ? '*' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

function isLoopback(host: string): boolean {
  return /^(127\.|::1$|localhost$)/.test(host);
}

/** The system's code for why nobody can listen there, or null. */
function bindFailure({ host, port }: Listener): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown'));
    server.listen({ port, exclusive: true, ...(host === '' ? {} : { host }) }, () => server.close(() => resolve(null)));
  });
}

async function listenerFinding(listener: Listener): Promise<Finding> {
  const check = `listener ${listener.name}`;
  const place = placeOf(listener);
  const code = await bindFailure(listener);
  switch (code) {
    case null:
      return ok(check, `${place} is free`);
    case 'EADDRINUSE':
      return problem(
        check,
        `${place} is in use`,
        'stop what uses it (a broker that runs already?), or choose another port',
      );
    case 'EACCES':
      return problem(check, `this user may not listen on ${place}`, 'choose a port of 1024 or more');
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return problem(
        check,
        `this machine has no address ${listener.host}`,
        'listen on 0.0.0.0, or on an address it has',
      );
    default:
      return problem(check, `cannot listen on ${place}: ${code}`, 'choose another address');
  }
}

async function advertisedFinding(name: string, { host, port }: Listener, listener: Listener): Promise<Finding> {
  const check = `advertised ${name}`;
  const place = placeOf({ name, host, port });
  try {
    await lookup(host);
  } catch {
    return hint(
      check,
      `clients are sent to ${place}, and this machine does not know ${host}`,
      'see to it that clients do, or set advertised.listeners to a name that they know',
    );
  }
  if (isLoopback(host) && !isLoopback(listener.host)) {
    return hint(
      check,
      `clients are sent to ${place}: only those on this machine arrive`,
      'set advertised.listeners to an address that other machines reach; add a listener for each network',
    );
  }
  return ok(check, `clients are sent to ${place}`);
}

/** A broker starts without it. */
function ofController(finding: Finding): Finding {
  if (finding.level !== 'problem') return finding;
  return { ...finding, level: 'hint', message: `${finding.message}: nothing would answer --bootstrap-controller` };
}

export async function listenerFindings(config: BrokerConfig): Promise<Finding[]> {
  const findings: Finding[] = [];
  const inContainer = existsSync('/.dockerenv') || existsSync('/run/.containerenv');
  for (const listener of config.listeners) {
    findings.push(await listenerFinding(listener));
    const advertised = config.advertisedListeners.get(listener.name);
    if (advertised !== undefined) findings.push(await advertisedFinding(listener.name, advertised, listener));
    else if (inContainer && !isLoopback(listener.host)) {
      findings.push(
        hint(
          `advertised ${listener.name}`,
          'in a container without advertised.listeners, clients outside are told its inner address',
          'set KAFKA_ADVERTISED_LISTENERS, for example to PLAINTEXT://localhost:9092',
        ),
      );
    } else if (inContainer) {
      findings.push(
        hint(
          `listener ${listener.name}`,
          `in a container, ${placeOf(listener)} is reached from inside it only`,
          'listen on 0.0.0.0, and set advertised.listeners',
        ),
      );
    }
  }
  for (const listener of config.controllerListeners) findings.push(ofController(await listenerFinding(listener)));
  return findings;
}
