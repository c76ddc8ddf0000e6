/** What happens to whoever is not who he says: one line in the log, an answer that is kept waiting, and the end. */
import type { BrokerServices, ConnectionInfo } from './types.ts';

interface Failed {
  readonly services: Pick<BrokerServices, 'clock' | 'config' | 'logger'>;
  readonly connection: ConnectionInfo;
}

/** @param what what was wrong; must hold nothing secret */
export async function failedAuthentication<Response>(
  { services, connection }: Failed,
  answer: Response,
  what: string,
): Promise<Response> {
  const { logger, clock, config } = services;
  const fields = { remote: connection.remoteHost, listener: connection.listenerName };
  logger.warn('authentication-failed', `Authentication failed: ${what}`, fields);
  connection.endAfterAnswer();
  const delayMs = config.int('connection.failed.authentication.delay.ms');
  await new Promise<void>((resolve) => void clock.setTimer(delayMs, resolve));
  return answer;
}
