/** Who a client is, in Kafka's words: `User:alice`. */

export interface Principal {
  /** `User` but for what an authorizer of somebody else's making gives. */
  readonly type: string;
  readonly name: string;
}

/** Who has not said who he is. */
export const ANONYMOUS: Principal = { type: 'User', name: 'ANONYMOUS' };

export function userPrincipal(name: string): Principal {
  return { type: 'User', name };
}

/** As Kafka writes it. */
export function principalText({ type, name }: Principal): string {
  return `${type}:${name}`;
}
