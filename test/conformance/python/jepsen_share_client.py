"""librdkafka's share consumers, driven line by line as JepsenClient.java is. See test/jepsen/clients/share.ts."""

import os
import queue
import sys
import threading

from confluent_kafka import AcknowledgeType, ShareConsumer

CLOSE = "close"
output = threading.Lock()
threads = {}


def place(topic, partition):
    return f"{topic}/{partition}"


def opened(args):
    settings = dict(arg.split("=", 1) for arg in args)
    topics = settings.pop("topics").split(",")
    consumer = ShareConsumer(settings)
    consumer.subscribe(topics)
    return consumer


def poll(consumer, wait_ms):
    records = [message for message in consumer.poll(int(wait_ms) / 1000) if message.error() is None]
    return " ".join(
        f"{place(r.topic(), r.partition())}:{r.offset()}:{r.value().decode()}:{r.delivery_count()}" for r in records
    )


def acknowledge(consumer, args):
    for arg in args:
        partition, offset, kind = arg.split(":")
        topic, index = partition.rsplit("/", 1)
        consumer.acknowledge_offset(topic, int(index), int(offset), getattr(AcknowledgeType, kind))
    results = consumer.commit_sync(20.0)
    return " ".join(
        f"{place(at.topic, at.partition)}={'ok' if error is None else error.args[0].name()}" for at, error in results.items()
    )


def serve(requests):
    """One consumer; ends when it is closed."""
    consumer = None
    while True:
        request, command, args = requests.get()
        try:
            answer = ""
            if command == "share-consumer":
                consumer = opened(args)
            elif command == "share-poll":
                answer = poll(consumer, *args)
            elif command == "share-acknowledge":
                answer = acknowledge(consumer, args)
            elif command == CLOSE and consumer is not None:
                consumer.close()
            outcome = f"ok {answer}"
        except Exception as error:
            outcome = "fail " + f"{type(error).__name__}: {error}".replace("\n", " ")
        with output:
            print(request, outcome, flush=True)
        if command == CLOSE:
            return


def main():
    for line in sys.stdin:
        request, name, command, *args = line.split()
        if name not in threads:
            requests = queue.Queue()
            threads[name] = requests
            threading.Thread(target=serve, args=(requests,), daemon=True).start()
        threads[name].put((request, command, args))
        if command == CLOSE:
            del threads[name]
    os._exit(0)


main()
