/** Writes records with kafkajs and reads them back by a consumer group; gives their values. `login`: for listeners that ask who it is. */
const { Kafka, logLevel } = require('kafkajs');

exports.roundTrip = async (bootstrapServers, login = {}) => {
  const kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING, ...login });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'one' }, { value: 'two' }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'readers' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true });
  const values = [];
  await new Promise((resolve) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        if (values.push(message.value.toString()) === 2) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
};
