/** What clients asked for without a right to it: a line in the log for each, and how many there were. */
import type { Logger } from '../base/logger.ts';
import type { Figure } from '../metrics/figures.ts';
import type { Operation, Requester, ResourceType } from './authorizer.ts';
import { principalText } from './principal.ts';

export class Denials {
  readonly #logger: Pick<Logger, 'info'>;
  /** By operation and type of resource, so no client can make many of them. */
  readonly #counts = new Map<string, { readonly operation: Operation; readonly type: ResourceType; count: number }>();

  /** @param logger has a line for each, or is one that bounds what clients cause */
  constructor(logger: Pick<Logger, 'info'>) {
    this.#logger = logger;
  }

  note({ principal, host }: Requester, operation: Operation, type: ResourceType, name: string): void {
    const key = `${operation} ${type}`;
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { operation, type, count: 1 });
    else counted.count += 1;
    const who = principalText(principal);
    const fields = { principal: who, host, operation, resourceType: type, resource: name };
    this.#logger.info('not-authorized', `${who} may not ${operation} ${type} ${name}`, fields);
  }

  get figure(): Figure {
    return {
      name: 'walka_authorization_denials_total',
      help: 'What clients asked for without the right to it, by operation and type of resource.',
      type: 'counter',
      collect: () =>
        [...this.#counts.values()].map(({ operation, type, count }) => ({
          labels: { operation, resource_type: type },
          value: count,
        })),
    };
  }
}
