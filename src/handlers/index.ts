/** Every API this broker serves, one line each. */
import { apiVersionsHandler } from './api-versions.ts';
import type { AnyApiHandler } from './types.ts';

export const handlers: readonly AnyApiHandler[] = [apiVersionsHandler(() => handlers)];
