/** Brokers that are reached by TLS 1.3: the certificate, which is made for the run, and the user of those who log in. */
import { execFile } from 'node:child_process';
import { pbkdf2Sync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ApiKey } from '../protocol/apis.ts';
import { writeAlterUserScramCredentialsRequest } from '../protocol/generated/alter-user-scram-credentials-request.ts';
import { readAlterUserScramCredentialsResponse } from '../protocol/generated/alter-user-scram-credentials-response.ts';
import type { BrokerProcess } from '../test/support/broker-process.ts';
import { tlsBootstrap } from './bootstrap.ts';
import { open } from './measuring.ts';
import type { RunningBroker } from './targets/target.ts';
import type { Bench } from './workload.ts';

export const USER = { user: 'bench', password: 'bench-secret' } as const;

const SCRAM_SHA_256 = 1;
const HASH = 'sha256';
const HASH_BYTES = 32;
/** As `kafka-configs` takes it. */
const ITERATIONS = 4096;
const DAYS = 30;

/** Kafka wants a module, though users are in its metadata. */
const SCRAM = {
  'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
  'listener.name.client.scram-sha-256.sasl.jaas.config':
    'org.apache.kafka.common.security.scram.ScramLoginModule required;',
};

const AlterUserScramCredentials = {
  apiKey: ApiKey.AlterUserScramCredentials,
  write: writeAlterUserScramCredentialsRequest,
  read: readAlterUserScramCredentialsResponse,
};

/** A broker with a listener that has TLS beside the plain one. */
export interface SecuredBroker extends RunningBroker {
  readonly process: BrokerProcess;
  /** Of the listener with TLS; `port` is that of the plain one. */
  readonly bootstrap: string;
  readonly caFile: string;
}

interface Certificate {
  /** The key and the certificate. */
  readonly storeFile: string;
  readonly caFile: string;
}

/** One of P-256, signed by itself, which all brokers of a run share. @throws Error where there is no openssl, as a rejection */
async function certificate(directory: string): Promise<Certificate> {
  const storeFile = join(directory, 'store.pem');
  const caFile = join(directory, 'ca.pem');
  const keyFile = join(directory, 'key.pem');
  if (existsSync(storeFile)) return { storeFile, caFile };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', ...key, ...names, '-days', String(DAYS), '-out', caFile];
  await promisify(execFile)('openssl', args).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error('there is no openssl, which makes the certificate') : error;
  });
  await writeFile(storeFile, readFileSync(keyFile, 'utf8') + readFileSync(caFile, 'utf8'), { mode: 0o600 });
  return { storeFile, caFile };
}

/** Starts a broker of the kind that is measured; null where this run starts none. */
export async function startSecured(
  { startAnother, directory }: Bench,
  clientProtocol: 'SSL' | 'SASL_SSL',
): Promise<SecuredBroker | null> {
  if (startAnother === null) return null;
  const { storeFile, caFile } = await certificate(directory);
  const settings = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': storeFile,
    'ssl.enabled.protocols': 'TLSv1.3',
    ...(clientProtocol === 'SASL_SSL' && SCRAM),
  };
  const broker = await startAnother({ settings, clientProtocol });
  const process = broker.process as BrokerProcess;
  return {
    host: broker.host,
    port: broker.port,
    get pid() {
      return broker.pid;
    },
    process,
    bootstrap: tlsBootstrap(process.clientBootstrap, caFile),
    caFile,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

/** Makes `USER`, over the plain listener. */
export async function addUser(bench: Bench): Promise<void> {
  const { user: name, password } = USER;
  const salt = Buffer.from('a salt of the benchmark');
  const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, HASH_BYTES, HASH);
  const upsertion = { name, mechanism: SCRAM_SHA_256, iterations: ITERATIONS, salt, saltedPassword };
  const client = await open(bench);
  const { results } = await client.call(AlterUserScramCredentials, 0, { deletions: [], upsertions: [upsertion] });
  client.close();
  if (results[0]?.errorCode !== 0) throw new Error(`no user: ${results[0]?.errorMessage ?? results[0]?.errorCode}`);
}
