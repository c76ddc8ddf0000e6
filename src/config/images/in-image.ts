/** Whether this runs in Walka's own image, which says so; there, variables without a prefix are meant for the broker. */
import type { Environment } from './given.ts';

export const IMAGE_VARIABLE = 'WALKA_IMAGE';

export function isInImage(env: Environment): boolean {
  return (env[IMAGE_VARIABLE] ?? '') !== '';
}
