#!/usr/bin/env node
/**
 * The program. This file must parse on any Node, built as well, so that an old one gets a clear line instead of a syntax
 * error: all else is imported once the version is known to do.
 */
const OLDEST_NODE = '22.15.0';

async function start(): Promise<void> {
  const { enableCompileCache } = await import('node:module');
  // Later starts find the compiled code on disk; where that cannot be, they compile again.
  enableCompileCache();
  const { setUpHeap } = await import('./base/heap.ts');
  setUpHeap();
  const { version } = await import('./base/version.ts');
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(process.argv.slice(2), version, async (options) => {
    // The catalog opens on its own thread while the rest is being loaded.
    const { openCatalog } = await import('./storage/catalog/open.ts');
    const catalog = openCatalog(options.config.dataDir);
    const { startBrokerServer } = await import('./broker.ts');
    return startBrokerServer({ ...options, catalog });
  });
}

/** A version as one number: 22.15.0 is 22.015. */
function versionNumber(text: string): number {
  const parts = text.split('.');
  return Number(parts[0]) + Number(parts[1]) / 1000;
}

if (versionNumber(process.versions.node) < versionNumber(OLDEST_NODE)) {
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
