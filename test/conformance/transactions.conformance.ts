/** Transactions through each client that has them; see scenarios.md. */
import { join } from 'node:path';
import { cacheDir } from '../support/broker-process.ts';
import { testTransactions } from './client-suite.ts';
import { javaScenarios } from './java-program.ts';

const confluent = join(cacheDir, 'confluent');
const franz = join(cacheDir, 'go/franz-transactions');

testTransactions({
  name: 'transactions of kafkajs',
  command: process.execPath,
  args: [join(import.meta.dirname, 'node/kafkajs-transactions.ts')],
});

testTransactions({
  name: 'transactions of @confluentinc/kafka-javascript',
  command: process.execPath,
  args: [join(import.meta.dirname, 'confluent/transactions.ts')],
  environment: { WALKA_CONFLUENT: confluent },
  needs: {
    files: [join(confluent, 'node_modules/@confluentinc/kafka-javascript/build/Release')],
    component: 'confluent',
  },
});

testTransactions({
  name: 'transactions of kafka-clients (Java)',
  ...javaScenarios('TransactionScenarios'),
});

testTransactions({
  name: 'transactions of franz-go',
  command: franz,
  args: [],
  needs: { files: [franz], component: 'go' },
});
