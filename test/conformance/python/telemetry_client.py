"""telemetry_client.py BOOTSTRAP TOPIC: librdkafka's producer rd-p and consumer rd-c at work until standard input has a line."""

import select
import sys

from confluent_kafka import Consumer, Producer

bootstrap, topic = sys.argv[1:]
producer = Producer({"bootstrap.servers": bootstrap, "client.id": "rd-p"})
consumer = Consumer(
    {"bootstrap.servers": bootstrap, "client.id": "rd-c", "group.id": "rd-readers", "auto.offset.reset": "earliest"}
)
consumer.subscribe([topic])
while not select.select([sys.stdin], [], [], 0)[0]:
    producer.produce(topic, b"record")
    producer.poll(0.05)
    consumer.poll(0.05)
producer.flush(10)
consumer.close()
