/** @confluentinc/kafka-javascript against the broker; see scenarios.md. `npm run test:confluent` installs and runs it. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { testClient } from './client-suite.ts';

const folder = join(cacheDir, 'confluent');

testClient({
  name: '@confluentinc/kafka-javascript',
  command: process.execPath,
  args: [join(import.meta.dirname, 'confluent/client.ts')],
  environment: { WALKA_CONFLUENT: folder },
  needs: { files: [join(folder, 'node_modules/@confluentinc/kafka-javascript/build/Release')], component: 'confluent' },
});
