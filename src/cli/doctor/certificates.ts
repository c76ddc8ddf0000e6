/** Looks at certificates as a broker would show them: whether they can be read, until when they are good, and for which hosts. */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { BrokerConfig, Listener } from '../../config/broker-config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { allListeners, hasTls } from '../../config/listeners.ts';
import { loadTls, type TlsState } from '../../security/tls/listener-tls.ts';
import { tlsSettings } from '../../security/tls/settings.ts';
import { type Finding, hint, ok, problem } from './finding.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Renewal is due by then at the latest. */
const SOON_DAYS = 30;
const RENEW = 'replace the file: it is read again while the broker runs';

function nameOf({ subject }: X509Certificate): string {
  return subject === '' ? 'a certificate without a name' : subject.replaceAll('\n', ', ');
}

function validityFinding(check: string, certificate: X509Certificate, nowMs: number): Finding | null {
  const { validFromDate, validToDate } = certificate;
  const name = nameOf(certificate);
  const end = validToDate.toISOString().slice(0, 10);
  if (validFromDate.getTime() > nowMs) {
    return problem(
      check,
      `${name} is not good before ${validFromDate.toISOString()}`,
      'see whether the clock is right',
    );
  }
  const days = Math.floor((validToDate.getTime() - nowMs) / DAY_MS);
  if (validToDate.getTime() <= nowMs) return problem(check, `${name} ended on ${end}: clients refuse it`, RENEW);
  return days < SOON_DAYS ? hint(check, `${name} ends on ${end}, in ${days} days`, RENEW) : null;
}

/** Whether some certificate is for the host that clients are sent to; most of them refuse any other. */
function hostFinding(check: string, host: string, { keys }: TlsState): Finding | null {
  const isFor = ({ chain: [own] }: TlsState['keys'][number]): boolean =>
    (isIP(host) === 0 ? own?.checkHost(host) : own?.checkIP(host)) !== undefined;
  if (host === '' || host === '0.0.0.0' || host === '::' || keys.some(isFor)) return null;
  const names = keys.map(({ chain: [own] }) => own?.subjectAltName ?? 'no name').join('; ');
  return problem(
    check,
    `clients are sent to ${host}, and the certificate is for ${names}`,
    'have one made that names this host, or advertise a host that it names',
  );
}

async function listenerFindings(config: BrokerConfig, listener: Listener, nowMs: number): Promise<Finding[]> {
  const check = `TLS of ${listener.name}`;
  let state: TlsState;
  try {
    state = await loadTls(tlsSettings(config, listener.name));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return listener.endpointType === 'controller'
      ? [hint(check, error.message, 'nothing would answer --bootstrap-controller: put it right')]
      : [problem(check, error.message, 'a broker would not start: put it right')];
  }
  const advertised = config.advertisedListeners.get(listener.name) ?? listener;
  const findings = [
    ...state.keys.flatMap(({ chain }) => chain.map((certificate) => validityFinding(check, certificate, nowMs))),
    hostFinding(check, advertised.host, state),
    state.trustsEverybody
      ? hint(
          check,
          'clients must show a certificate, and without a trust store that of any public authority will do',
          'set ssl.truststore.location',
        )
      : null,
  ].filter((finding) => finding !== null);
  if (findings.length > 0) return findings;
  return [ok(check, `its certificates are good until ${new Date(state.expiresMs).toISOString().slice(0, 10)}`)];
}

export async function certificateFindings(config: BrokerConfig, clock: Clock): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const listener of allListeners(config).filter(({ protocol }) => hasTls(protocol))) {
    findings.push(...(await listenerFindings(config, listener, clock.now())));
  }
  return findings;
}
