/**
 * The mode of a storm of clients: each makes a new connection with a whole TLS handshake, asks for the versions, logs in by
 * SCRAM-SHA-256, gets the metadata of no topic, and leaves.
 */
import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { Connection, type ConnectionOptions } from '../../../src/client/connection.ts';
import { METADATA } from '../../../src/client/core-apis.ts';
import { scramLogin } from '../../../src/security/sasl/client-logins.ts';
import { parseBootstrap } from '../../bootstrap.ts';
import type { LoggedIn, LoginLoad } from '../../generators/own.ts';

const PATIENCE_MS = 30_000;

/** How to log in at a broker that is told of in this way. */
export function loginOptions(
  caFile: string | null,
  { user, password }: Pick<LoginLoad, 'user' | 'password'>,
): ConnectionOptions {
  return {
    clock: systemClock,
    clientId: 'walka-bench',
    softwareVersion: '0',
    connectTimeoutMs: PATIENCE_MS,
    requestTimeoutMs: PATIENCE_MS,
    security: {
      tls: caFile === null ? null : { ca: readFileSync(caFile), checksHost: true },
      sasl: scramLogin('SCRAM-SHA-256', { user, password, byToken: false }, systemRandom),
    },
  };
}

/** One client, from its connection to its end. @throws what the connection throws, as a rejection */
export async function visit(bootstrap: string, options: ConnectionOptions): Promise<void> {
  const connection = await Connection.open(parseBootstrap(bootstrap), options);
  try {
    await connection.call(METADATA, { topics: [] });
  } finally {
    connection.close();
  }
}

export async function logins(bootstrap: string, load: LoginLoad): Promise<LoggedIn> {
  const options = loginOptions(parseBootstrap(bootstrap).caFile, load);
  const began = performance.now();
  const end = began + load.seconds * 1000;
  let connections = 0;
  const goOn = async (): Promise<void> => {
    for (; performance.now() < end; connections++) await visit(bootstrap, options);
  };
  await Promise.all(Array.from({ length: load.atOnce }, goOn));
  return { connections, seconds: (performance.now() - began) / 1000 };
}
