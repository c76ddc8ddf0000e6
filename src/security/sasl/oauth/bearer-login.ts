/** The client's side of OAUTHBEARER (RFC 7628, KIP-255). */
import type { SaslConversation, SaslLogin } from '../../../client/security.ts';

/** Where tokens come from. */
export interface TokenSource {
  /** One that is good for a while. @throws ClientError NO_TOKEN, as a rejection */
  token(): Promise<string>;
}

/** With this a client answers why it was refused, and is then refused. */
const ACKNOWLEDGEMENT = Buffer.from('\x01');

/** @param extensions go beside the token (KIP-342) */
export function bearerLogin(source: TokenSource, extensions: ReadonlyMap<string, string> = new Map()): SaslLogin {
  const pairs = [...extensions].map(([name, value]) => `${name}=${value}\x01`).join('');
  return {
    mechanism: 'OAUTHBEARER',
    begin(): SaslConversation {
      let isSent = false;
      return {
        async respond(challenge) {
          if (isSent) return challenge.length > 0 ? ACKNOWLEDGEMENT : null;
          isSent = true;
          return Buffer.from(`n,,\x01auth=Bearer ${await source.token()}\x01${pairs}\x01`);
        },
      };
    },
  };
}
