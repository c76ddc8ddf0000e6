/** Why a handshake came to nothing. */

/** As metrics name it. */
export type FailureReason =
  | 'certificate' // the client's is missing or not trusted
  | 'cipher' // none that both know
  | 'closed' // by the client, without a word
  | 'overload'
  | 'plaintext'
  | 'protocol' // what came is no sound handshake
  | 'refused' // by the client, with an alert: it does not trust the broker's certificate, most likely
  | 'timeout'
  | 'version'; // of TLS: none that both know

export class HandshakeFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** By the codes of OpenSSL's errors, as Node has them. The first that fits counts. */
const REASONS: ReadonlyArray<readonly [RegExp, FailureReason]> = [
  [/_ALERT_/, 'refused'],
  [/PROTOCOL$|VERSION/, 'version'],
  [/CIPHER|SIGNATURE_ALGORITHM|_GROUP|KEY_SHARE/, 'cipher'],
  [/CERTIFICATE/, 'certificate'],
  [/^E[A-Z]+$/, 'closed'],
];

export function reasonOf(error: unknown): FailureReason {
  if (error instanceof HandshakeFailure) return error.reason;
  const code = (error as { readonly code?: unknown }).code;
  return REASONS.find(([pattern]) => typeof code === 'string' && pattern.test(code))?.[1] ?? 'protocol';
}
