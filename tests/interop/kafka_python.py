"""kafka-python 2.0.2: producer with every codec, consumer by assignment, offsets by time, admin client."""

import sys
import time

import six

# The copy of six inside kafka-python 2.0.2 fails from Python 3.12 on.
sys.modules["kafka.vendor.six"] = six
sys.modules["kafka.vendor.six.moves"] = six.moves

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
from kafka.structs import OffsetAndTimestamp

from checks import BASE, BOOTSTRAP, CODECS, PREFIX, check, check_soon, error_of

HEADERS = [("a", b"1"), ("b", b""), ("a", b"\xff")]


def topic(name):
    return f"{PREFIX}-{name}"


def read(consumer, partition, count, offset=0, seconds=15):
    """COUNT records of one partition from an offset on."""
    consumer.assign([partition])
    consumer.seek(partition, offset)
    records, end = [], time.monotonic() + seconds
    while len(records) < count and time.monotonic() < end:
        for batch in consumer.poll(timeout_ms=200).values():
            records.extend(batch)
    return records


def admin_client(admin):
    names = [topic(name) for name in CODECS]
    admin.create_topics([NewTopic(name, 1, 1) for name in names])
    admin.create_topics([NewTopic(topic("many"), 3, 1, topic_configs={"retention.ms": "7200000"})])
    check_soon("created topics are listed", sorted(names + [topic("many")]), lambda: sorted(t for t in admin.list_topics() if t.startswith(PREFIX)))
    check("a topic that exists is refused", "TopicAlreadyExistsError", error_of(lambda: admin.create_topics([NewTopic(names[0], 1, 1)])))
    check("a bad name is refused", "InvalidTopicError", error_of(lambda: admin.create_topics([NewTopic("no/slash", 1, 1)])))
    check("too many replicas are refused", "InvalidReplicationFactorError", error_of(lambda: admin.create_topics([NewTopic(topic("rf"), 1, 9)])))
    admin.create_topics([NewTopic(topic("dry"), 1, 1)], validate_only=True)
    check("validate_only creates nothing", False, topic("dry") in admin.list_topics())

    described = admin.describe_topics([topic("many")])[0]
    check("describe_topics shows the partitions", [0, 1, 2], sorted(p["partition"] for p in described["partitions"]))
    check("each partition has its leader in sync", True, all(p["replicas"] == p["isr"] == [p["leader"]] for p in described["partitions"]))
    admin.create_partitions({topic("many"): NewPartitions(5)})
    check_soon("create_partitions raises the count", 5, lambda: len(admin.describe_topics([topic("many")])[0]["partitions"]))
    check("fewer partitions are refused", "InvalidPartitionsError", error_of(lambda: admin.create_partitions({topic("many"): NewPartitions(2)})))

    resource = ConfigResource(ConfigResourceType.TOPIC, topic("many"))

    def configs():
        response = admin.describe_configs([resource])[0]
        return {entry[0]: entry[1] for entry in response.resources[0][4]}

    check("describe_configs shows a set value", "7200000", configs()["retention.ms"])
    check("describe_configs shows a default", "delete", configs()["cleanup.policy"])
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic("many"), {"max.message.bytes": "123456"})])
    check_soon("alter_configs sets a value", "123456", lambda: configs()["max.message.bytes"])
    check("alter_configs drops what it does not name", "604800000", configs()["retention.ms"])
    cluster = admin.describe_cluster()
    check("describe_cluster shows this broker", BOOTSTRAP, "{host}:{port}".format(**cluster["brokers"][0]))


def delete(admin):
    admin.delete_topics([topic("many")])
    check_soon("a deleted topic is gone", False, lambda: topic("many") in admin.list_topics())
    check("deleting an unknown topic is refused", "UnknownTopicOrPartitionError", error_of(lambda: admin.delete_topics([topic("many")])))


def producing(consumer):
    for codec in CODECS:
        compression = None if codec == "none" else codec
        producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, compression_type=compression, acks="all", linger_ms=50)
        futures = [producer.send(topic(codec), key=b"k%d" % i, value=b"value %d" % i, headers=HEADERS, timestamp_ms=BASE + i) for i in range(300)]
        futures.append(producer.send(topic(codec), key=b"gone", value=None, timestamp_ms=BASE + 300))
        futures.append(producer.send(topic(codec), key=None, value=b"", timestamp_ms=BASE + 301))
        sent = [future.get(timeout=15) for future in futures]
        producer.close()
        check(f"{codec}: offsets count up from 0", list(range(302)), [metadata.offset for metadata in sent])
        records = read(consumer, TopicPartition(topic(codec), 0), 302)
        check(f"{codec}: keys and values come back", [(b"k%d" % i, b"value %d" % i) for i in range(300)] + [(b"gone", None), (None, b"")],
              [(record.key, record.value) for record in records])
        check(f"{codec}: timestamps come back", [BASE + i for i in range(302)], [record.timestamp for record in records])
        check(f"{codec}: headers come back in order", [HEADERS] * 300 + [[], []], [list(record.headers) for record in records])
    for acks in (0, 1):
        producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks=acks)
        producer.send(topic("many"), b"acks", partition=acks)
        producer.close(timeout=10)
        check(f"acks={acks} stores the record", [b"acks"], [record.value for record in read(consumer, TopicPartition(topic("many"), acks), 1)])
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, retries=0)
    refused = producer.send(topic("many"), bytes(200_000), partition=0)
    check("a record over max.message.bytes is refused", "MessageSizeTooLargeError", error_of(lambda: refused.get(timeout=15)))
    producer.close(timeout=10)


def consuming(consumer):
    partition = TopicPartition(topic("gzip"), 0)
    empty = TopicPartition(topic("many"), 4)
    check("beginning_offsets", {partition: 0, empty: 0}, consumer.beginning_offsets([partition, empty]))
    check("end_offsets", {partition: 302, empty: 0}, consumer.end_offsets([partition, empty]))
    check("offsets_for_times inside a compressed batch", OffsetAndTimestamp(150, BASE + 150), consumer.offsets_for_times({partition: BASE + 150})[partition])
    check("offsets_for_times before all records", OffsetAndTimestamp(0, BASE), consumer.offsets_for_times({partition: 5})[partition])
    check("offsets_for_times after all records", None, consumer.offsets_for_times({partition: BASE + 9999})[partition])
    check("partitions_for_topic", {0, 1, 2, 3, 4}, consumer.partitions_for_topic(topic("many")))
    check("seek into the middle of a batch", 200, read(consumer, partition, 1, offset=200)[0].offset)
    consumer.seek_to_end(partition)
    check("position after seek_to_end", 302, consumer.position(partition))
    consumer.seek_to_beginning(partition)
    check("position after seek_to_beginning", 0, consumer.position(partition))
    strict = KafkaConsumer(bootstrap_servers=BOOTSTRAP, group_id=None, auto_offset_reset="none")
    check("a seek beyond the end is an error", "OffsetOutOfRangeError", error_of(lambda: read(strict, partition, 1, offset=5000)))
    strict.close()


def main():
    admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    consumer = KafkaConsumer(bootstrap_servers=BOOTSTRAP, group_id=None, enable_auto_commit=False)
    check("the broker's release is guessed from its APIs", True, consumer.config["api_version"] >= (2, 0))
    admin_client(admin)
    producing(consumer)
    consuming(consumer)
    delete(admin)
    consumer.close()
    admin.close()


main()
