/**
 * Certificates for tests, made here, so that no program besides Node is needed: authorities, and what they issue to
 * servers and clients. Keys are of P-256 unless RSA is asked for.
 */
import 'reflect-metadata'; // x509 wants it to be there before
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

type Keys = webcrypto.CryptoKeyPair;

const DAY_MS = 24 * 60 * 60 * 1000;
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: 2048,
};

export interface IssueOptions {
  /** Host names and addresses that the certificate is for; default: localhost and 127.0.0.1. */
  readonly hosts?: readonly string[];
  readonly keyType?: 'ec' | 'rsa';
  /** Days from now until it begins and ends; negative ones have passed. */
  readonly fromDays?: number;
  readonly untilDays?: number;
}

/** A certificate with its key, all as PEM. */
export interface Issued {
  readonly certificate: string;
  /** The certificate, then those of the authorities between it and the root, without the root. */
  readonly chain: string;
  /** PKCS#8, not encrypted. */
  readonly key: string;
}

export class Authority {
  /** As PEM, for those who trust it. */
  readonly certificate: string;
  readonly #keys: Keys;
  readonly #name: string;
  /** Certificates between what it issues and the root. */
  readonly #between: string;

  private constructor(certificate: string, keys: Keys, name: string, between: string) {
    this.certificate = certificate;
    this.#keys = keys;
    this.#name = name;
    this.#between = between;
  }

  /** @param name attributes in the order in which they are written down, as in `C=CH, O=Acme, CN=Root` */
  static async create(name = 'CN=Test Root'): Promise<Authority> {
    const keys = await generate('ec');
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity(-1, 3650),
      subject: name,
      issuer: name,
      publicKey: keys.publicKey as CryptoKey,
      signingKey: keys.privateKey as CryptoKey,
      signingAlgorithm: EC,
      extensions: await authorityExtensions(keys),
    });
    return new Authority(pem(certificate), keys, name, '');
  }

  /** An authority below this one. */
  async intermediate(name = 'CN=Test Intermediate'): Promise<Authority> {
    const keys = await generate('ec');
    const certificate = await this.#sign(name, keys, validity(-1, 3650), await authorityExtensions(keys));
    return new Authority(certificate, keys, name, certificate + this.#between);
  }

  /** For a server or a client. @param subject attributes in the order in which they are written down */
  async issue(subject = 'CN=localhost', options: IssueOptions = {}): Promise<Issued> {
    const { hosts = ['localhost', '127.0.0.1'], keyType = 'ec', fromDays = -1, untilDays = 365 } = options;
    const keys = await generate(keyType);
    const names = hosts.map((value) => ({
      type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
      value,
    }));
    const certificate = await this.#sign(subject, keys, validity(fromDays, untilDays), [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ]);
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const key = `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`;
    return { certificate, chain: certificate + this.#between, key };
  }

  async #sign(subject: string, keys: Keys, dates: Validity, extensions: x509.Extension[]): Promise<string> {
    const certificate = await x509.X509CertificateGenerator.create({
      ...dates,
      subject,
      issuer: this.#name,
      publicKey: keys.publicKey as CryptoKey,
      signingKey: this.#keys.privateKey as CryptoKey,
      signingAlgorithm: EC,
      extensions: [...extensions, await x509.AuthorityKeyIdentifierExtension.create(this.#keys.publicKey as CryptoKey)],
    });
    return pem(certificate);
  }
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly serialNumber: string;
}

function validity(fromDays: number, untilDays: number): Validity {
  const nowMs = Date.now();
  const serialNumber = Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex');
  return {
    notBefore: new Date(nowMs + fromDays * DAY_MS),
    notAfter: new Date(nowMs + untilDays * DAY_MS),
    serialNumber: `01${serialNumber}`,
  };
}

async function generate(keyType: 'ec' | 'rsa'): Promise<Keys> {
  const algorithm = keyType === 'rsa' ? RSA : EC;
  return (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as Keys;
}

async function authorityExtensions({ publicKey }: Keys): Promise<x509.Extension[]> {
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey as CryptoKey),
  ];
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

/** Settings of a broker, or a client, that shows `issued` and trusts `authority`, as PEM in the values themselves. */
export function pemSettings(issued: Pick<Issued, 'chain' | 'key'>, authority?: Authority): Record<string, string> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.certificate.chain': issued.chain,
    'ssl.keystore.key': issued.key,
    ...(authority && { 'ssl.truststore.type': 'PEM', 'ssl.truststore.certificates': authority.certificate }),
  };
}
