/** A broker that nobody watches loads no code for it. */
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { test } from 'node:test';

const WATCHING = /\/src\/(http|otel)\/|figures\.ts$|\/node_modules\/(hono|@hono|prom-client|@opentelemetry)\//;

test('without a port for metrics, neither the HTTP side nor OpenTelemetry is loaded', async () => {
  const loaded: string[] = [];
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      loaded.push(resolved.url);
      return resolved;
    },
  });
  const { startBroker } = await import('../../src/index.ts');
  const quiet = await startBroker({ topics: ['orders'] });
  await quiet.close();
  assert.ok(loaded.length > 50, `${loaded.length} modules were seen`);
  assert.deepEqual(
    loaded.filter((url) => WATCHING.test(url)),
    [],
  );
  const watched = await startBroker({ config: { 'walka.metrics.port': 0 } });
  await watched.close();
  assert.ok(loaded.some((url) => url.includes('/hono/')));
});
