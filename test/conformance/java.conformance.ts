/** Kafka's Java clients 4.4.0 against the broker; see scenarios.md. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { testClient } from './client-suite.ts';

const classes = join(cacheDir, 'java/classes');

testClient({
  name: 'kafka-clients (Java)',
  command: 'java',
  args: [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${classes}:${join(cacheDir, 'java/libs')}/*`,
    'ClientScenarios',
  ],
  needs: { files: [join(classes, 'ClientScenarios.class')], component: 'java' },
});
