// Kafka's own Java client, its defaults untouched where they are not the subject: producer, consumer by assignment, Admin.
// One JVM, run as a source file with Kafka's jars on the class path.

import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

public class JavaClient {
    static final String SUITE = System.getenv("SUITE"), BOOTSTRAP = System.getenv("BOOTSTRAP"), PREFIX = System.getenv("PREFIX");
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    static final long BASE = Long.parseLong(System.getenv("BASE"));

    interface Call { Object run() throws Exception; }

    static void check(String name, Object expected, Object got) {
        if (Objects.equals(expected, got)) {
            System.out.printf("ok %s: %s%n", SUITE, name);
        } else {
            System.out.printf("FAILED %s: %s%n   expected: %.600s%n   got:      %.600s%n", SUITE, name, expected, got);
        }
    }

    /** The name of the exception that a call throws, or null. */
    static String errorOf(Call call) {
        try {
            call.run();
            return null;
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName();
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    /** Checks the value of a call that must not throw. */
    static void check(String name, Object expected, Call call) {
        Object got;
        try {
            got = call.run();
        } catch (Exception e) {
            got = e + (e.getCause() == null ? "" : " caused by " + e.getCause());
        }
        check(name, expected, got);
    }

    /** As check, for what Kafka does a moment after its answer: five seconds are given. */
    static void checkSoon(String name, Object expected, Call call) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (!Objects.equals(expected, call.run()) && System.nanoTime() < end) Thread.sleep(20);
        check(name, expected, call);
    }

    static void section(String name, Call call) {
        check(name + " went through", null, () -> call.run() == null ? null : null);
    }

    static String topic(String name) { return PREFIX + "-" + name; }

    static Map<String, Object> settings(String... pairs) {
        // The limits only keep a broker that does not answer from taking minutes.
        Map<String, Object> map = new HashMap<>(Map.of("bootstrap.servers", BOOTSTRAP, "request.timeout.ms", "10000", "default.api.timeout.ms", "15000"));
        for (int i = 0; i < pairs.length; i += 2) map.put(pairs[i], pairs[i + 1]);
        return map;
    }

    static KafkaProducer<String, String> producer(String... pairs) {
        Map<String, Object> settings = settings(pairs);
        settings.putAll(Map.of("max.block.ms", "15000", "delivery.timeout.ms", "20000"));
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(String... pairs) {
        return new KafkaConsumer<>(settings(pairs), new StringDeserializer(), new StringDeserializer());
    }

    static List<ConsumerRecord<String, String>> read(Consumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (records.size() < count && System.nanoTime() < end) consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        return records;
    }

    static String headers(Iterable<Header> headers) {
        return StreamSupport.stream(headers.spliterator(), false)
            .map(h -> h.key() + "=" + (h.value() == null ? "null" : new String(h.value()))).collect(Collectors.joining(","));
    }

    static final List<Header> HEADERS = List.of(new RecordHeader("a", "1".getBytes()), new RecordHeader("b", null),
        new RecordHeader("a", "2".getBytes()), new RecordHeader("a", "1".getBytes()));

    // --- Admin

    static Object topics(Admin admin) throws Exception {
        int id = admin.describeCluster().nodes().get().iterator().next().id();
        NewTopic plain = new NewTopic(topic("plain"), 3, (short) 1).configs(Map.of("retention.ms", "7200000"));
        admin.createTopics(List.of(plain), new CreateTopicsOptions().validateOnly(true)).all().get();
        check("validateOnly creates nothing", false, () -> admin.listTopics().names().get().contains(topic("plain")));
        CreateTopicsResult created = admin.createTopics(List.of(plain, new NewTopic(topic("placed"), Map.of(0, List.of(id), 1, List.of(id))),
            new NewTopic(topic("defaults"), Optional.empty(), Optional.empty())));
        check("createTopics tells the partitions", 3, () -> created.numPartitions(topic("plain")).get());
        check("createTopics tells the replication factor", 1, () -> created.replicationFactor(topic("plain")).get());
        check("createTopics tells the configs", "7200000", () -> created.config(topic("plain")).get().get("retention.ms").value());
        check("createTopics with assignments", 2, () -> created.numPartitions(topic("placed")).get());
        check("createTopics with the broker's defaults", 1, () -> created.numPartitions(topic("defaults")).get());
        Uuid uuid = created.topicId(topic("plain")).get();

        check("an existing topic", "TopicExistsException", errorOf(() -> admin.createTopics(List.of(plain)).all().get()));
        check("a bad name", "InvalidTopicException", errorOf(() -> admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all().get()));
        check("no partitions", "InvalidPartitionsException", errorOf(() -> admin.createTopics(List.of(new NewTopic(topic("x"), 0, (short) 1))).all().get()));
        check("too many replicas", "InvalidReplicationFactorException", errorOf(() -> admin.createTopics(List.of(new NewTopic(topic("x"), 1, (short) 9))).all().get()));
        check("an unknown broker", "InvalidReplicaAssignmentException",
            errorOf(() -> admin.createTopics(List.of(new NewTopic(topic("x"), Map.of(0, List.of(id + 77))))).all().get()));
        check("a bad config value", "InvalidConfigurationException",
            errorOf(() -> admin.createTopics(List.of(new NewTopic(topic("x"), 1, (short) 1).configs(Map.of("retention.ms", "soon")))).all().get()));
        check("an unknown config", "InvalidConfigurationException",
            errorOf(() -> admin.createTopics(List.of(new NewTopic(topic("x"), 1, (short) 1).configs(Map.of("no.such.key", "1")))).all().get()));

        checkSoon("listTopics", Set.of(topic("plain"), topic("placed"), topic("defaults")),
            () -> admin.listTopics().names().get().stream().filter(n -> n.startsWith(PREFIX)).collect(Collectors.toSet()));
        check("listTopics tells ids", uuid, () -> admin.listTopics().namesToListings().get().get(topic("plain")).topicId());
        TopicDescription described = admin.describeTopics(List.of(topic("plain"))).allTopicNames().get().get(topic("plain"));
        check("describeTopics shows id and partitions", List.of(uuid, 3, false), List.of(described.topicId(), described.partitions().size(), described.isInternal()));
        check("each partition is led and in sync", true, described.partitions().stream()
            .allMatch(p -> p.leader().id() == id && p.replicas().equals(p.isr()) && p.replicas().size() == 1));
        check("describeTopics by id", topic("plain"), () -> admin.describeTopics(TopicCollection.ofTopicIds(List.of(uuid))).allTopicIds().get().get(uuid).name());
        check("describeTopics of an unknown name", "UnknownTopicOrPartitionException", errorOf(() -> admin.describeTopics(List.of(topic("x"))).allTopicNames().get()));
        check("describeTopics of an unknown id", "UnknownTopicIdException",
            errorOf(() -> admin.describeTopics(TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).allTopicIds().get()));

        admin.createPartitions(Map.of(topic("plain"), NewPartitions.increaseTo(5))).all().get();
        checkSoon("createPartitions", 5, () -> admin.describeTopics(List.of(topic("plain"))).allTopicNames().get().get(topic("plain")).partitions().size());
        check("createPartitions to fewer", "InvalidPartitionsException",
            errorOf(() -> admin.createPartitions(Map.of(topic("plain"), NewPartitions.increaseTo(2))).all().get()));
        check("createPartitions of an unknown topic", "UnknownTopicOrPartitionException",
            errorOf(() -> admin.createPartitions(Map.of(topic("x"), NewPartitions.increaseTo(2))).all().get()));
        admin.deleteTopics(List.of(topic("placed"))).all().get();
        Uuid byId = created.topicId(topic("defaults")).get();
        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(byId))).all().get();
        checkSoon("deleteTopics by name and by id", Set.of(topic("plain")),
            () -> admin.listTopics().names().get().stream().filter(n -> n.startsWith(PREFIX)).collect(Collectors.toSet()));
        check("deleteTopics of an unknown name", "UnknownTopicOrPartitionException", errorOf(() -> admin.deleteTopics(List.of(topic("placed"))).all().get()));
        check("deleteTopics of an unknown id", "UnknownTopicIdException",
            errorOf(() -> admin.deleteTopics(TopicCollection.ofTopicIds(List.of(byId))).all().get()));
        CreateTopicsResult again = admin.createTopics(List.of(new NewTopic(topic("placed"), 1, (short) 1)));
        check("a topic made anew has another id", false, again.topicId(topic("placed")).get().equals(created.topicId(topic("placed")).get()));
        return null;
    }

    static ConfigEntry config(Admin admin, ConfigResource resource, String key) throws Exception {
        return admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true)).all().get().get(resource).get(key);
    }

    static void alter(Admin admin, ConfigResource resource, String key, String value, OpType op) throws Exception {
        admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry(key, value), op)))).all().get();
    }

    static Object configs(Admin admin) throws Exception {
        ConfigResource plain = new ConfigResource(ConfigResource.Type.TOPIC, topic("plain"));
        ConfigEntry retention = config(admin, plain, "retention.ms");
        check("describeConfigs of a set value", List.of("7200000", ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, false),
            List.of(retention.value(), retention.source(), retention.isDefault()));
        ConfigEntry policy = config(admin, plain, "cleanup.policy");
        check("describeConfigs of a default", List.of("delete", ConfigEntry.ConfigSource.DEFAULT_CONFIG, ConfigEntry.ConfigType.LIST),
            List.of(policy.value(), policy.source(), policy.type()));
        check("describeConfigs documents", true, () -> {
            var options = new DescribeConfigsOptions().includeDocumentation(true);
            String text = admin.describeConfigs(List.of(plain), options).all().get().get(plain).get("retention.ms").documentation();
            return text != null && text.length() > 20;
        });

        alter(admin, plain, "max.message.bytes", "5000", OpType.SET);
        check("incrementalAlterConfigs SET", "5000", config(admin, plain, "max.message.bytes").value());
        check("its synonyms, the topic's first", List.of("max.message.bytes=5000 DYNAMIC_TOPIC_CONFIG", "message.max.bytes=1048588 DEFAULT_CONFIG"),
            config(admin, plain, "max.message.bytes").synonyms().stream().map(s -> s.name() + "=" + s.value() + " " + s.source()).toList());
        check("SET leaves the others", "7200000", config(admin, plain, "retention.ms").value());
        alter(admin, plain, "cleanup.policy", "compact", OpType.APPEND);
        check("APPEND", "delete,compact", config(admin, plain, "cleanup.policy").value());
        alter(admin, plain, "cleanup.policy", "delete", OpType.SUBTRACT);
        check("SUBTRACT", "compact", config(admin, plain, "cleanup.policy").value());
        alter(admin, plain, "cleanup.policy", null, OpType.DELETE);
        check("DELETE goes back to the default", List.of("delete", true),
            List.of(config(admin, plain, "cleanup.policy").value(), config(admin, plain, "cleanup.policy").isDefault()));
        check("a bad value", "InvalidConfigurationException", errorOf(() -> { alter(admin, plain, "retention.ms", "soon", OpType.SET); return null; }));
        check("APPEND to what is no list", "InvalidConfigurationException", errorOf(() -> { alter(admin, plain, "retention.ms", "1", OpType.APPEND); return null; }));
        check("an unknown topic's configs", "UnknownTopicOrPartitionException",
            errorOf(() -> config(admin, new ConfigResource(ConfigResource.Type.TOPIC, topic("x")), "retention.ms")));

        String id = String.valueOf(admin.describeCluster().nodes().get().iterator().next().id());
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, id);
        check("a broker's configs", id, config(admin, broker, "node.id").value());
        check("a broker's read-only config", true, config(admin, broker, "log.dirs").isReadOnly());
        alter(admin, broker, "log.retention.ms", "9999999", OpType.SET);
        checkSoon("a broker's dynamic config", ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG, () -> config(admin, broker, "log.retention.ms").source());
        ConfigResource placed = new ConfigResource(ConfigResource.Type.TOPIC, topic("placed"));
        checkSoon("a topic inherits it", List.of("9999999", ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG),
            () -> List.of(config(admin, placed, "retention.ms").value(), config(admin, placed, "retention.ms").source()));
        alter(admin, broker, "log.retention.ms", null, OpType.DELETE);
        checkSoon("until it is deleted", "604800000", () -> config(admin, placed, "retention.ms").value());
        check("a read-only config can't be altered", "InvalidRequestException", errorOf(() -> { alter(admin, broker, "log.dirs", "/tmp/x", OpType.SET); return null; }));
        return null;
    }

    static Object cluster(Admin admin) throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();
        check("describeCluster: one node at its address", List.of(BOOTSTRAP), cluster.nodes().get().stream().map(n -> n.host() + ":" + n.port()).toList());
        check("describeCluster: the controller is a node", true, cluster.nodes().get().contains(cluster.controller().get()));
        check("describeCluster: an id of 22 characters", 22, cluster.clusterId().get().length());
        FeatureMetadata features = admin.describeFeatures().featureMetadata().get();
        check("describeFeatures: metadata.version is supported and final", List.of(true, true),
            List.of(features.supportedFeatures().containsKey("metadata.version"), features.finalizedFeatures().containsKey("metadata.version")));
        check("describeFeatures: what is final is supported", true, features.finalizedFeatures().entrySet().stream().allMatch(e ->
            features.supportedFeatures().get(e.getKey()).maxVersion() >= e.getValue().maxVersionLevel()));
        return null;
    }

    // --- Producer

    static Object producing(Admin admin) throws Exception {
        admin.createTopics(CODECS.stream().map(c -> new NewTopic(topic(c), 1, (short) 1)).toList()).all().get();
        for (String codec : CODECS) {
            List<Long> offsets = new ArrayList<>();
            try (var producer = producer("compression.type", codec, "linger.ms", "50")) {
                var sent = new ArrayList<java.util.concurrent.Future<RecordMetadata>>();
                for (int i = 0; i < 500; i++) {
                    sent.add(producer.send(new ProducerRecord<>(topic(codec), 0, BASE + i, "k" + i, "value " + i, i % 2 == 0 ? HEADERS : List.of())));
                }
                sent.add(producer.send(new ProducerRecord<>(topic(codec), 0, BASE + 500, null, "no key")));
                sent.add(producer.send(new ProducerRecord<>(topic(codec), 0, BASE + 501, "no value", (String) null)));
                for (var future : sent) offsets.add(future.get().offset());
            }
            check(codec + ": offsets count up from 0", LongStream.range(0, 502).boxed().toList(), offsets);
        }
        for (String acks : List.of("0", "1", "all")) {
            try (var producer = producer("acks", acks, "enable.idempotence", "false")) {
                producer.send(new ProducerRecord<>(topic("plain"), 4, null, acks)).get();
            }
        }
        try (var producer = producer()) {
            check("partitionsFor", 5, producer.partitionsFor(topic("plain")).size());
            check("a record over max.message.bytes", "RecordTooLargeException",
                errorOf(() -> producer.send(new ProducerRecord<>(topic("plain"), 0, null, "x".repeat(9000))).get()));
            for (int i = 0; i < 300; i++) producer.send(new ProducerRecord<>(topic("plain"), "key" + i, "v"));
            producer.flush();
        }
        admin.createTopics(List.of(new NewTopic(topic("stamped"), 1, (short) 1).configs(Map.of("message.timestamp.type", "LogAppendTime")))).all().get();
        long before = System.currentTimeMillis();
        try (var producer = producer("compression.type", "gzip")) {
            RecordMetadata sent = producer.send(new ProducerRecord<>(topic("stamped"), 0, 5L, null, "v")).get();
            check("LogAppendTime answers the broker's time", true, sent.timestamp() >= before);
        }
        return null;
    }

    // --- Consumer

    static Object consuming(Admin admin) throws Exception {
        for (String codec : CODECS) {
            TopicPartition partition = new TopicPartition(topic(codec), 0);
            try (var consumer = consumer("isolation.level", codec.equals("gzip") ? "read_committed" : "read_uncommitted")) {
                consumer.assign(List.of(partition));
                consumer.seekToBeginning(List.of(partition));
                var records = read(consumer, 502);
                check(codec + ": keys and values come back", IntStream.range(0, 502).mapToObj(i -> i < 500 ? "k" + i + "=value " + i : i == 500 ? "null=no key" : "no value=null").toList(),
                    records.stream().map(r -> r.key() + "=" + r.value()).toList());
                check(codec + ": timestamps come back", LongStream.range(BASE, BASE + 502).boxed().toList(), records.stream().map(ConsumerRecord::timestamp).toList());
                check(codec + ": headers come back in order, repeated and null ones too", "a=1,b=null,a=2,a=1|", records.size() < 2 ? "" : headers(records.get(0).headers()) + "|" + headers(records.get(1).headers()));
                check(codec + ": leader epoch is known", true, records.stream().allMatch(r -> r.leaderEpoch().isPresent()));
                check(codec + ": currentLag at the end", OptionalLong.of(0), consumer.currentLag(partition));
            }
        }
        TopicPartition partition = new TopicPartition(topic("zstd"), 0);
        try (var consumer = consumer("auto.offset.reset", "none", "max.partition.fetch.bytes", "100", "fetch.max.bytes", "100")) {
            consumer.assign(List.of(partition));
            check("beginningOffsets and endOffsets", List.of(Map.of(partition, 0L), Map.of(partition, 502L)),
                () -> List.of(consumer.beginningOffsets(List.of(partition)), consumer.endOffsets(List.of(partition))));
            for (long[] pair : new long[][] {{5, 0}, {BASE, 0}, {BASE + 321, 321}, {BASE + 501, 501}}) {
                check("offsetsForTimes " + pair[0], pair[1], () -> consumer.offsetsForTimes(Map.of(partition, pair[0])).get(partition).offset());
            }
            check("offsetsForTimes after the last record", null, () -> consumer.offsetsForTimes(Map.of(partition, BASE + 502)).get(partition));
            consumer.seek(partition, 250);
            check("seek into a batch, a fetch smaller than it", 250L, () -> read(consumer, 1).get(0).offset());
            consumer.seekToEnd(List.of(partition));
            check("position after seekToEnd", 502L, () -> consumer.position(partition));
            consumer.seek(partition, 9000);
            check("a seek beyond the end", "OffsetOutOfRangeException", errorOf(() -> read(consumer, 1)));
            check("listTopics of the consumer", 5, () -> consumer.listTopics().get(topic("plain")).size());
        }
        try (var consumer = consumer()) {
            List<TopicPartition> all = IntStream.range(0, 5).mapToObj(p -> new TopicPartition(topic("plain"), p)).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            var records = read(consumer, 303);
            check("five partitions at once", 303, records.size());
            check("acks 0, 1 and all are stored", List.of("0", "1", "all"), records.stream().filter(r -> r.key() == null).map(ConsumerRecord::value).toList());
            TopicPartition stamped = new TopicPartition(topic("stamped"), 0);
            consumer.assign(List.of(stamped));
            consumer.seekToBeginning(List.of(stamped));
            check("LogAppendTime comes back as such", org.apache.kafka.common.record.TimestampType.LOG_APPEND_TIME, () -> read(consumer, 1).get(0).timestampType());
        }
        return null;
    }

    static Object offsets(Admin admin) throws Exception {
        TopicPartition partition = new TopicPartition(topic("lz4"), 0);
        Map<String, OffsetSpec> specs = new LinkedHashMap<>();
        specs.put("earliest", OffsetSpec.earliest());
        specs.put("latest", OffsetSpec.latest());
        specs.put("maxTimestamp", OffsetSpec.maxTimestamp());
        specs.put("timestamp", OffsetSpec.forTimestamp(BASE + 77));
        specs.put("a timestamp after all", OffsetSpec.forTimestamp(BASE + 9999));
        Iterator<Long> expected = List.of(0L, 502L, 501L, 77L, -1L).iterator();
        for (var spec : specs.entrySet()) {
            check("listOffsets " + spec.getKey(), expected.next(), () -> admin.listOffsets(Map.of(partition, spec.getValue())).all().get().get(partition).offset());
        }
        check("listOffsets tells the timestamp found", BASE + 77, () -> admin.listOffsets(Map.of(partition, OffsetSpec.forTimestamp(BASE + 77))).all().get().get(partition).timestamp());
        check("listOffsets, read_committed", 502L, () ->
            admin.listOffsets(Map.of(partition, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all().get().get(partition).offset());
        check("deleteRecords", 100L, () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(100))).lowWatermarks().get(partition).get().lowWatermark());
        check("the earliest offset moved", 100L, () -> admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).all().get().get(partition).offset());
        check("deleteRecords beyond the end", "OffsetOutOfRangeException",
            errorOf(() -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9999))).all().get()));
        try (var consumer = consumer("auto.offset.reset", "earliest")) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 3);
            check("a consumer below the start is reset to it", 100L, () -> read(consumer, 1).get(0).offset());
        }
        check("deleteRecords of all", 502L, () -> admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(-1))).lowWatermarks().get(partition).get().lowWatermark());
        return null;
    }

    public static void main(String[] args) {
        try (Admin admin = Admin.create(settings())) {
            section("cluster", () -> cluster(admin));
            section("topics", () -> topics(admin));
            section("configs", () -> configs(admin));
            section("producing", () -> producing(admin));
            section("consuming", () -> consuming(admin));
            section("offsets", () -> offsets(admin));
            section("cleaning up", () -> admin.deleteTopics(List.of(topic("plain"))).all().get());
        }
    }
}
