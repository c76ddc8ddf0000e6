/** franz-go, sarama and segmentio/kafka-go against the broker; see scenarios.md. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { testClient } from './client-suite.ts';

function program(name: string, binary: string) {
  const command = join(cacheDir, 'go', binary);
  return { name, command, args: [], needs: { files: [command], component: 'go' } };
}

testClient(program('franz-go', 'franz'));
testClient(program('sarama', 'sarama'));
testClient({ ...program('segmentio/kafka-go', 'segmentio'), unsupported: ['idempotent-produce'] });
