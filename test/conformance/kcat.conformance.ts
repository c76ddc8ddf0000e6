/** kcat against the broker; see scenarios.md. */
import { join } from 'node:path';
import { testClient } from './client-suite.ts';

testClient({
  name: 'kcat',
  command: process.execPath,
  args: [join(import.meta.dirname, 'node/kcat.ts')],
  needs: { files: ['/usr/bin/kcat'], component: 'system' },
  settings: { 'num.partitions': '4', 'message.max.bytes': '4194304' },
  unsupported: ['create-topics', 'describe-and-delete'],
});
