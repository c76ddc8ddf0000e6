#!/usr/bin/env node
/**
 * The program. This file must parse on any Node, so that an old one gets a clear line instead of a syntax error: all
 * else is imported once the version is known to do.
 */
const OLDEST_NODE = 24;

async function start(): Promise<void> {
  const { createRequire, enableCompileCache } = await import('node:module');
  const { setUpHeap } = await import('./base/heap.ts');
  setUpHeap();
  // Later starts find the compiled code on disk; where that cannot be, they compile again.
  enableCompileCache();
  const { main } = await import('./cli/main.ts');
  const require = createRequire(import.meta.url);
  const fromSource = import.meta.url.endsWith('.ts');
  const { version } = require(fromSource ? '../package.json' : '../../package.json') as { version: string };
  process.exitCode = await main(process.argv.slice(2), version, async (options) => {
    // The catalog opens on its own thread while the rest is being loaded.
    const { openCatalog } = await import('./storage/catalog/open.ts');
    const catalog = openCatalog(options.config.dataDir);
    const { startBrokerServer } = await import('./broker.ts');
    return startBrokerServer({ ...options, catalog });
  });
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error('walka: needs Node.js ' + OLDEST_NODE + ' or newer; this is ' + process.version);
  process.exitCode = 1;
} else {
  start().then(
    // A handle that somebody forgot must not keep a stopped broker alive.
    () => process.exit(),
    (error: unknown) => {
      console.error('walka: failed unexpectedly:', error);
      process.exit(70);
    },
  );
}
