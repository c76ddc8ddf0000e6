/** Share groups through Kafka's own Java clients, the only ones that have them; see scenarios.md. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { testShareGroups } from './client-suite.ts';

const classes = join(cacheDir, 'java/classes');

testShareGroups({
  name: 'share groups of kafka-clients (Java)',
  command: 'java',
  args: [
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${classes}:${join(cacheDir, 'java/libs')}/*`,
    'ShareScenarios',
  ],
  needs: { files: [join(classes, 'ShareScenarios.class')], component: 'java' },
});
