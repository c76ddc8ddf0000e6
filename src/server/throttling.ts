/**
 * What requests cost their clients where there are quotas, and for how long these are held back (KIP-13, KIP-124, KIP-219):
 * the answer comes at once and says so, and the connection's next request is not started before that time is over.
 *
 * - A produce request counts with its bytes when it has taken effect.
 * - Time counts: that of the event loop on the request until it waits for something, what its records take after that, in
 *   later turns and on threads (base/effort.ts), and on writing and sending its answer. What coordinators do later does not,
 *   as in Kafka.
 * - What else there is a quota for, handlers count themselves, and put `throttleTimeMs` into their answer.
 */
import { type ConnectionInfo, Pipelined } from '../handlers/types.ts';
import type { ClientQuotas } from '../security/quotas/client-quotas.ts';
import { factsOf } from './api-facts.ts';
import type { Exchange } from './dispatch.ts';

/** Counts a request that has taken effect, and gives for how long its client is held back, in ms. */
export function throttleOf(
  clients: ClientQuotas,
  exchange: Exchange,
  connection: ConnectionInfo,
  result: unknown,
): number {
  if (isExempt(exchange, connection)) return 0;
  const { clientId, byteLength, busyMs } = exchange;
  const { isWrite } = factsOf(exchange.api.apiKey);
  const isSilent = result === null || (result instanceof Pipelined && result.isSilent);
  return Math.max(
    (result as { throttleTimeMs?: number } | null)?.throttleTimeMs ?? 0,
    isWrite ? clients.produced(connection, clientId, byteLength) : 0,
    isSilent ? 0 : clients.busy(connection, clientId, busyMs),
  );
}

/** Counts the time that writing an answer took. */
export function countWriting(
  clients: ClientQuotas,
  exchange: Exchange,
  connection: ConnectionInfo,
  busyMs: number,
): void {
  if (!isExempt(exchange, connection)) clients.wasBusy(connection, exchange.clientId, busyMs);
}

/** Who has not said who he is has no quotas. */
function isExempt({ api }: Exchange, { session }: ConnectionInfo): boolean {
  return factsOf(api.apiKey).isExempt || session.sasl?.isOpen === false;
}
