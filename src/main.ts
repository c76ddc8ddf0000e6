#!/usr/bin/env node
/**
 * The program. This file must parse on any Node, so that an old one gets a clear line instead of a syntax error: all
 * else is imported once the version is known to do.
 */
const OLDEST_NODE = 24;

async function start(): Promise<void> {
  const [{ main }, { createRequire }] = await Promise.all([import('./cli/main.ts'), import('node:module')]);
  const require = createRequire(import.meta.url);
  const fromSource = import.meta.url.endsWith('.ts');
  const { version } = require(fromSource ? '../package.json' : '../../package.json') as { version: string };
  process.exitCode = await main(process.argv.slice(2), version, async (options) => {
    const { startBrokerServer } = await import('./broker.ts');
    return startBrokerServer(options);
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
