/** A broker in a process of its own that tells what it costs, and whose time can be moved. */
import { startBroker } from '../../../src/index.ts';

const HOUR_MS = 60 * 60 * 1000;

const config = JSON.parse(process.argv[2] as string) as Record<string, string>;
const broker = await startBroker({ config });

function figures(): { port: number; rss: number; sockets: number } {
  const sockets = process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
  return { port: Number(broker.bootstrapServers.split(':')[1]), rss: process.memoryUsage.rss(), sockets };
}

process.on('message', (what) => {
  if (what === 'figures') process.send?.(figures());
  else void broker.clock.advance(HOUR_MS);
});
process.send?.(figures());
