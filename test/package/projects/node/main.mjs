/** ES modules; what CommonJS gets is the same. */
import { createRequire } from 'node:module';
import * as walka from 'walka';
import * as wal from 'walka/wal';
import { roundTrip } from '../round-trip.cjs';

const require = createRequire(import.meta.url);
console.log(walka.startBroker === require('walka').startBroker, wal.WriteAheadLog === require('walka/wal').WriteAheadLog);
const broker = await walka.startBroker({ topics: ['orders'] });
console.log((await roundTrip(broker.bootstrapServers)).join());
await broker.close();
