/** A broker with TLS whose clients log in by SCRAM; settings and the authority's certificate are the first argument, as JSON. */
import kafkajs from 'kafkajs';
import { startBroker } from 'walka';
import { roundTrip } from '../round-trip.cjs';

const { settings, ca } = JSON.parse(process.argv[2]);
const broker = await startBroker({
  topics: ['orders'],
  config: {
    ...settings,
    'listener.security.protocol.map': 'PLAINTEXT:SASL_SSL',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    'walka.scram.users': 'SCRAM-SHA-512=[name=alice,password=alice-secret]',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:alice',
    'group.initial.rebalance.delay.ms': 0,
  },
});
const login = (password) => ({ ssl: { ca: [ca] }, sasl: { mechanism: 'scram-sha-512', username: 'alice', password } });
console.log((await roundTrip(broker.bootstrapServers, login('alice-secret'))).join());
const { Kafka, logLevel } = kafkajs;
const brokers = [broker.bootstrapServers];
const stranger = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 }, ...login('guessed') });
await stranger
  .admin()
  .connect()
  .catch(({ message }) => console.log(message));
process.exit(0);
