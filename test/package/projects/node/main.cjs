/** CommonJS: in memory, and twice over a directory, whose name is the first argument. */
const { startBroker } = require('walka');
const { WriteAheadLog } = require('walka/wal');
const { roundTrip } = require('../round-trip.cjs');

async function main() {
  const topics = ['orders'];
  for (const dataDir of [undefined, process.argv[2], process.argv[2]]) {
    const broker = await startBroker(dataDir === undefined ? { topics } : { topics, dataDir });
    console.log((await roundTrip(broker.bootstrapServers)).join());
    await broker.close();
  }
  const log = await WriteAheadLog.open();
  console.log(await log.stream(1).append(Buffer.from('entry')));
  await log.close();
}

main();
