# Apache Kafka's own command-line tools against the broker. Each call starts a JVM, so there are few.

# tool CLASS [argument ...]: the output of one of Kafka's classes; what it says on standard error goes there too.
tool() { timeout 60 "${kafka_java[@]}" "$1" --bootstrap-server "$BOOTSTRAP" "${@:2}" 2>&1; }
topics=org.apache.kafka.tools.TopicCommand
configs=kafka.admin.ConfigCommand
offsets=org.apache.kafka.tools.GetOffsetShell
t=$PREFIX-t

check "kafka-topics --create" "Created topic $t." "$(tool $topics --create --topic "$t" --partitions 2 --config retention.ms=7200000)"
check_match "kafka-topics --create of an existing topic" "Topic '$t' already exists" "$(tool $topics --create --topic "$t")"
check "kafka-topics --list" "$t" "$(tool $topics --list | grep "^$PREFIX")"
described=$(tool $topics --describe --topic "$t")
check_match "kafka-topics --describe: the topic" \
  "^Topic: $t	TopicId: [A-Za-z0-9_-]{22}	PartitionCount: 2	ReplicationFactor: 1	Configs: .*retention.ms=7200000" "$described"
check_match "kafka-topics --describe: a partition" \
  "^	Topic: $t	Partition: 1	Leader: ([0-9]+)	Replicas: \1	Isr: \1	Elr: ?	LastKnownElr: ?$" "$described"
check "kt topics --describe says the same" "$described" "$("$kt" topics --bootstrap-server "$BOOTSTRAP" --describe --topic "$t")"
tool $topics --alter --topic "$t" --partitions 3 > "$dir/alter"
check "kafka-topics --alter --partitions" 3 "$("$kt" topics --bootstrap-server "$BOOTSTRAP" --describe --topic "$t" | grep -c 'Partition: ')"

# Without a key everything of one call goes to one partition; with the same key always to the same one.
printf 'h:1,i:2|key|first\nh:1,h:2|key|second\n' |
  tool org.apache.kafka.tools.ConsoleProducer --topic "$t" --compression-codec zstd --reader-property parse.key=true \
    --reader-property 'key.separator=|' --reader-property parse.headers=true --reader-property 'headers.delimiter=|' > "$dir/producer"
check "kafka-console-producer says nothing" "" "$(grep -v '^>*$' "$dir/producer")"
counted=$(tool $offsets --topic "$t")
check "kafka-get-offsets counts the two records" 2 "$(awk -F: '{ n += $3 } END { print n }' <<< "$counted")"
check "kt get-offsets says the same" "$counted" "$("$kt" get-offsets --bootstrap-server "$BOOTSTRAP" --topic "$t")"
check "kafka-get-offsets --time earliest" "$t:0:0 $t:1:0 $t:2:0" "$(tool $offsets --topic "$t" --time earliest | paste -sd' ')"
partition=$(awk -F: '$3 > 0 { print $2 }' <<< "$counted")
check "kafka-console-consumer --partition --from-beginning" "h:1,i:2	key	first|h:1,h:2	key	second" \
  "$(tool org.apache.kafka.tools.consumer.ConsoleConsumer --topic "$t" --partition "${partition:-0}" --from-beginning --max-messages 2 \
    --timeout-ms 10000 --formatter-property print.key=true --formatter-property print.headers=true |
    grep -v '^Processed a total of' | paste -sd'|')"

check "kafka-configs --describe of a topic" "Dynamic configs for topic $t are:" "$(tool $configs --describe --entity-type topics --entity-name "$t" | head -n 1)"
check "kafka-configs --alter" "Completed updating config for topic $t." \
  "$(tool $configs --alter --entity-type topics --entity-name "$t" --add-config 'cleanup.policy=[compact,delete],max.message.bytes=5000' --delete-config retention.ms)"
described=$(tool $configs --describe --entity-type topics --entity-name "$t")
check_match "it shows a list" "^  cleanup.policy=compact,delete sensitive=false synonyms=\{DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete\}$" "$described"
check_match "it shows a number" "^  max.message.bytes=5000 " "$described"
check "it shows no more what was deleted" 0 "$(grep -c retention.ms <<< "$described")"
check_match "kafka-configs --describe of a broker" "^  node.id=[0-9]+ sensitive=false synonyms=\{(STATIC_BROKER_CONFIG|DEFAULT_CONFIG)" \
  "$(tool $configs --describe --entity-type brokers --entity-name "$(sed -n 's/.*Leader: \([0-9]*\).*/\1/p' <<< "$("$kt" topics --bootstrap-server "$BOOTSTRAP" --describe --topic "$t")" | head -n 1)" --all)"
apis=$(tool org.apache.kafka.tools.BrokerApiVersionsCommand)
check_match "kafka-broker-api-versions: the client can use Produce" "Produce\(0\): [0-9]+ to [0-9]+ \[usable: [0-9]+\]" "$apis"
check "kafka-broker-api-versions: no API has versions that the client lacks" "" "$(grep unusable <<< "$apis")"
check_match "kafka-cluster cluster-id" "^Cluster ID: .{22}$" \
  "$(timeout 60 "${kafka_java[@]}" org.apache.kafka.tools.ClusterTool cluster-id --bootstrap-server "$BOOTSTRAP")"
check "kafka-topics --delete" "" "$(tool $topics --delete --topic "$t")"
check "the topic is gone" "" "$("$kt" topics --bootstrap-server "$BOOTSTRAP" --list | grep "^$PREFIX")"
