/** kafkajs against the broker; see scenarios.md. */
import { join } from 'node:path';
import { testClient } from './client-suite.ts';

testClient({ name: 'kafkajs', command: process.execPath, args: [join(import.meta.dirname, 'node/kafkajs.ts')] });
