"""The admin client of kafka-python, as it is today and as it was in 2.0."""

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.structs import OffsetAndMetadata


def offset_and_metadata(offset):
    return OffsetAndMetadata(offset, "", -1) if len(OffsetAndMetadata._fields) > 2 else OffsetAndMetadata(offset, "")


def offsets_of(topic, offsets):
    return {TopicPartition(topic, p): offset_and_metadata(o) for p, o in offsets.items()}


class Admin:
    def __init__(self, bootstrap, **settings):
        self.settings = {"bootstrap_servers": bootstrap, **settings}
        self.client = KafkaAdminClient(**self.settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def create(self, topic, partitions, configs):
        options = {"num_partitions": partitions, "replication_factor": 1, "configs": configs}
        self.client.create_topics({topic: options}, wait_for_metadata=True)

    def partition_counts(self, topics):
        return sorted(len(topic["partitions"]) for topic in self.client.describe_topics(topics))

    def describe_topic_configs(self, topic):
        return str(self.client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))

    def describe_group(self, group):
        return str(self.client.describe_groups([group])[group])

    def topics(self):
        return self.client.list_topics()

    def delete(self, topic):
        self.client.delete_topics([topic])

    def commit(self, group, topic, offsets):
        self.client.alter_group_offsets(group, offsets_of(topic, offsets))

    def committed(self, group):
        return self.client.list_group_offsets([group])[group]


class FormerAdmin(Admin):
    """It cannot write offsets; a consumer without a subscription can."""

    def create(self, topic, partitions, configs):
        self.client.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs)])

    def describe_group(self, group):
        return str(self.client.describe_consumer_groups([group]))

    def commit(self, group, topic, offsets):
        consumer = KafkaConsumer(group_id=group, **self.settings)
        consumer.assign([TopicPartition(topic, p) for p in offsets])
        consumer.commit(offsets_of(topic, offsets))
        consumer.close()

    def committed(self, group):
        return self.client.list_consumer_group_offsets(group)


IS_FORMER = kafka.__version__.startswith("2.0.")


def admin(bootstrap, **settings):
    return (FormerAdmin if IS_FORMER else Admin)(bootstrap, **settings)
