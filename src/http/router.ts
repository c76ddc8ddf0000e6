/**
 * All routes of the HTTP side in one Hono application. Modules declare theirs as data; methods, HEAD, bodies that are too
 * large, unknown paths and errors are answered here, once and for all of them.
 */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { Logger } from '../base/logger.ts';

export interface Route {
  /** GET answers HEAD as well. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As Hono writes patterns: `/subjects/:subject`. */
  readonly path: string;
  /** Bytes of a request's body at most; default 1 MiB. A larger one gets 413 and is not read. */
  readonly maxBodyBytes?: number;
  /** An HTTPException that it throws is an answer; anything else is logged and answered with 500. */
  handle(context: Context): Response | Promise<Response>;
}

/** Something that is served over HTTP. */
export interface HttpModule {
  readonly routes: readonly Route[];
}

const MAX_BODY_BYTES = 1024 * 1024;

export function createRouter(modules: readonly HttpModule[], logger: Logger): Hono {
  const router = new Hono();
  router.use(methodNotAllowed({ app: router, onMethodNotAllowed }));
  const routes = modules.flatMap((module) => module.routes);
  for (const route of routes) {
    const limit = bodyLimit({ maxSize: route.maxBodyBytes ?? MAX_BODY_BYTES, onError: tooLarge });
    router.on(route.method, route.path, limit, (context) => route.handle(context));
  }
  const paths = [...new Set(routes.map(({ path }) => path))];
  router.notFound((context) => context.text(`nothing is here; there are ${paths.join(', ')}\n`, 404));
  router.onError((error, context) => {
    if (error instanceof HTTPException) return context.text(`${error.message}\n`, error.status);
    logger.warn('http-error', 'A request over HTTP failed', { path: context.req.path, error });
    return context.text('an error of the broker, which its log has\n', 500);
  });
  return router;
}

function onMethodNotAllowed(context: Context, methods: readonly string[]): Response {
  const allow = methods.join(', ');
  return context.text(`only ${allow}\n`, 405, { allow });
}

/** The rest of the body is not read, so the connection cannot go on. */
function tooLarge(context: Context): Response {
  return context.text('the body is too large\n', 413, { connection: 'close' });
}
