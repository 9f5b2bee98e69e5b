# One data directory, opened by kt and by Apache Kafka in turn, with records, configs and ids that must stay the same:
#   1. kt writes, Apache Kafka reads and writes on, kt reads and writes on, Apache Kafka reads;
#   2. Apache Kafka formats and writes, kt opens it with Kafka's own server.properties, Apache Kafka again;
#   3. then each of them is killed, and the other opens what it left;
#   4. each is killed and the ends of its segments are torn, with five codecs and several leader epochs.

tool() { timeout 60 "${kafka_java[@]}" "$1" --bootstrap-server "$BOOTSTRAP" "${@:2}" 2>&1; }
kt_() { local command=$1; shift; "$kt" "$command" --bootstrap-server "$BOOTSTRAP" "$@" 2>&1; }
topics=org.apache.kafka.tools.TopicCommand
consumer=org.apache.kafka.tools.consumer.ConsoleConsumer

# kafka_read TOPIC COUNT and kt_read TOPIC: all records of partition 0, a line each.
kafka_read() { tool $consumer --topic "$1" --partition 0 --from-beginning --max-messages "$2" --timeout-ms 15000 | grep -v '^Processed a total of'; }
kt_read() { kt_ console-consumer --topic "$1" --partition 0 --from-beginning --exit-at-end | grep -v '^Processed a total of'; }

# produce TOPIC FIRST LAST CODEC: numbers, by kcat, so that the writer of the file is the broker alone.
produce() { seq "$2" "$3" | timeout 30 kcat -b "$BOOTSTRAP" -P -t "$1" -p 0 -z "$4" -X enable.idempotence=true; }

# produce_long TOPIC: 30,000 lines of 100 characters in small batches, so that segments roll and indexes fill.
produce_long() { seq -f '%0100g' 30000 | timeout 60 kcat -b "$BOOTSTRAP" -P -t "$1" -p 0 -X batch.num.messages=100 -X enable.idempotence=true; }
long_lines="$(seq -f '%0100g' 30000)"

# What topics --describe says of ids, counts and configs.
described() { sort <<< "$1" | grep -o "TopicId: .*" | sed 's/segment.bytes=[0-9]*,\{0,1\}//'; }

# kafka_properties DIR NODE-ID: a server.properties for Apache Kafka as broker and controller on DIR/data.
kafka_properties() {
  local port controller
  port=$(free_port) controller=$(free_port)
  mkdir -p "$1"
  printf '%s\n' process.roles=broker,controller "node.id=$2" \
    "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" \
    "advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" \
    controller.listener.names=CONTROLLER inter.broker.listener.name=PLAINTEXT \
    listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT \
    "controller.quorum.bootstrap.servers=127.0.0.1:$controller" "log.dirs=$1/data" \
    offsets.topic.replication.factor=1 offsets.topic.num.partitions=3 \
    transaction.state.log.replication.factor=1 transaction.state.log.min.isr=1 \
    share.coordinator.state.topic.replication.factor=1 share.coordinator.state.topic.min.isr=1 > "$1/server.properties"
}

meta() { sed -n "s/^$1=//p" "$2/data/meta.properties" | tr -d '\r'; }

# --- 1. a directory that kt made

SUITE=apache-directory-1
one=$dir/broker
start_kt "$one" || return 0
kt_ topics --create --topic plain --partitions 3 > /dev/null
kt_ topics --create --topic configured --partitions 1 --config retention.ms=7200000 --config max.message.bytes=123456 > /dev/null
kt_ topics --create --topic doomed --partitions 2 > /dev/null
kt_ topics --create --topic rolled --partitions 1 --config segment.bytes=1048576 > /dev/null
produce_long rolled
for codec in none gzip snappy lz4 zstd; do
  kt_ topics --create --topic "codec-$codec" --partitions 1 > /dev/null
  produce "codec-$codec" 1 500 $codec
done
printf 'a:1,b:2\tkey\tvalue\n' | kt_ console-producer --topic configured --reader-property parse.key=true --reader-property parse.headers=true
kt_ topics --delete --topic doomed > /dev/null
described_first=$(described "$(kt_ topics --describe)")
stop_kt
check "meta.properties has version 1" 1 "$(meta version "$one")"
check_match "meta.properties has a cluster id and a directory id" '^.{22} .{22}$' "$(meta cluster.id "$one") $(meta directory.id "$one")"
check "a clean stop leaves its marker" yes "$([ -f "$one/data/.kafka_cleanshutdown" ] && echo yes)"
cp -r "$one/data" "$dir/as-kt-left-it"

mv "$one/server.properties" "$one/kt.properties"
kafka_properties "$one" "$(meta node.id "$one")"
mv "$one/server.properties" "$one/kafka.properties"
check "kt rolls segments" yes "$([ "$(find "$one/data/rolled-0" -name '*.log' | wc -l)" -ge 3 ] && echo yes)"
files=$(find "$one/data" \( -path '*/codec-*' -o -path '*/rolled-*' \) \( -name '*.log' -o -name '*.index' -o -name '*.timeindex' \) | sort | paste -sd,)
dumped=$(timeout 60 "${kafka_java[@]}" org.apache.kafka.tools.DumpLogSegments --files "$files" 2>&1)
check "kafka-dump-log finds all files sound" "" "$(grep -iE 'mismatch|invalid|exception|non-consecutive|isvalid: false' <<< "$dumped" | head -n 5)"
check "kafka-dump-log finds index entries" yes "$([ "$(grep -c '^offset: [0-9]* position: ' <<< "$dumped")" -ge 100 ] && echo yes)"
check_match "kafka-dump-log reads the batches" 'baseOffset: 0 lastOffset: [0-9]+ count: ' "$dumped"

cp "$one/kafka.properties" "$one/server.properties"
if start_kafka "$one"; then
  check "Apache Kafka sees the same topics, ids and configs" "$described_first" "$(described "$(tool $topics --describe)")"
  check "Apache Kafka reads kt's keys and headers" "a:1,b:2	key	value" \
    "$(tool $consumer --topic configured --partition 0 --from-beginning --max-messages 1 --timeout-ms 15000 \
      --formatter-property print.key=true --formatter-property print.headers=true | grep -v '^Processed a total of')"
  for codec in none gzip snappy lz4 zstd; do
    check_lines "Apache Kafka reads what kt stored with $codec" "$(seq 500)" "$(kafka_read "codec-$codec" 500)"
    produce "codec-$codec" 501 900 $codec
  done
  check_lines "Apache Kafka reads kt's segments" "$long_lines" "$(kafka_read rolled 30000)"
  check "Apache Kafka finds an offset by kt's index" "$(seq -f '%0100g' 20001 20001)" \
    "$(tool $consumer --topic rolled --partition 0 --offset 20000 --max-messages 1 --timeout-ms 15000 | head -n 1)"
  tool $topics --create --topic by-kafka --partitions 2 > /dev/null
  tool kafka.admin.ConfigCommand --alter --entity-type topics --entity-name configured --add-config retention.ms=9000000 > /dev/null
  produce by-kafka 1 50 lz4
  described_second=$(described "$(tool $topics --describe)")
  stop_kafka

  cp "$one/kt.properties" "$one/server.properties"
  if start_kt "$one"; then
    check "kt sees Apache Kafka's topics, ids and configs" "$described_second" "$(described "$(kt_ topics --describe)")"
    check_match "kt sees the config that Apache Kafka altered" 'retention.ms=9000000' "$(kt_ topics --describe --topic configured)"
    for codec in none gzip snappy lz4 zstd; do
      check_lines "kt reads what both stored with $codec" "$(seq 900)" "$(kt_read "codec-$codec")"
    done
    check_lines "kt reads the topic that Apache Kafka made" "$(seq 50)" "$(kt_read by-kafka)"
    produce by-kafka 51 100 zstd
    kt_ topics --create --topic by-kt-again --partitions 1 > /dev/null
    stop_kt

    cp "$one/kafka.properties" "$one/server.properties"
    if start_kafka "$one"; then
      check_lines "Apache Kafka reads it all again" "$(seq 100)" "$(kafka_read by-kafka 100)"
      check_match "Apache Kafka sees the topic that kt made last" '^by-kt-again$' "$(tool $topics --list)"
      stop_kafka
    fi
  fi
fi

# --- 2. a directory that Apache Kafka made

SUITE=apache-directory-2
two=$dir/two
kafka_properties "$two" 1
cluster=$(python3 -c 'import base64, uuid; print(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:22].replace("-", "A"))')
formatted=$(timeout 60 "${kafka_java[@]}" kafka.tools.StorageTool format --cluster-id "$cluster" --standalone --config "$two/server.properties" 2>&1)
check_match "kafka-storage format" 'Formatting' "$formatted"
start_kafka "$two" || return 0
tool $topics --create --topic configured --partitions 2 --config cleanup.policy=compact --config max.message.bytes=123456 > /dev/null
for codec in none gzip snappy lz4 zstd; do
  "$kt" topics --bootstrap-server "$BOOTSTRAP" --create --topic "codec-$codec" --partitions 1 > /dev/null
  produce "codec-$codec" 1 500 $codec
done
tool $topics --create --topic rolled --partitions 1 --config segment.bytes=1048576 > /dev/null
produce_long rolled
tool $topics --create --topic doomed --partitions 1 > /dev/null
tool $topics --delete --topic doomed > /dev/null
described_first=$(described "$(tool $topics --describe)")
stop_kafka

if start_kt "$two"; then
  check "kt keeps the cluster's id" "$cluster" "$(meta cluster.id "$two")"
  check "kt sees the same topics, ids and configs" "$described_first" "$(described "$(kt_ topics --describe)")"
  for codec in none gzip snappy lz4 zstd; do
    check_lines "kt reads what Apache Kafka stored with $codec" "$(seq 500)" "$(kt_read "codec-$codec")"
    produce "codec-$codec" 501 600 $codec
  done
  check_lines "kt reads Apache Kafka's segments" "$long_lines" "$(kt_read rolled)"
  check "kt finds an offset by Apache Kafka's index" "$(seq -f '%0100g' 20001 20001)" \
    "$(kt_ console-consumer --topic rolled --partition 0 --offset 20000 --max-messages 1 | head -n 1)"
  kt_ topics --create --topic by-kt --partitions 2 > /dev/null
  produce by-kt 1 50 gzip
  described_second=$(described "$(kt_ topics --describe)")
  stop_kt

  if start_kafka "$two"; then
    check "Apache Kafka sees kt's topic, ids and configs" "$described_second" "$(described "$(tool $topics --describe)")"
    check_lines "Apache Kafka reads what both stored" "$(seq 600)" "$(kafka_read codec-zstd 600)"
    check_lines "Apache Kafka reads the topic that kt made" "$(seq 50)" "$(kafka_read by-kt 50)"

    SUITE=apache-directory-3
    produce codec-lz4 601 700 lz4
    kill_broker
    if start_kt "$two"; then
      check_lines "kt reads what a killed Apache Kafka left" "$(seq 700)" "$(kt_read codec-lz4)"
      check_lines "kt reads its segments, too" "$long_lines" "$(kt_read rolled)"
      produce codec-lz4 701 800 none
      kill_broker
      if start_kafka "$two"; then
        check_lines "Apache Kafka reads what a killed kt left" "$(seq 800)" "$(kafka_read codec-lz4 800)"
        # What an unclean start says at ERROR level about indexes is in order.
        end_broker 30
      fi
    fi
  fi
fi

# --- 4. torn tails: each of them is killed, its segments' ends are torn, the other opens them; five codecs, several epochs

SUITE=apache-directory-4
three=$dir/three
codecs=(none gzip snappy lz4 zstd)

# tear DATA: behind each codec's last batch comes the beginning of another, as a power cut leaves it.
tear() {
  local codec log
  for codec in "${codecs[@]}"; do
    log=$(find "$1/codec-$codec-0" -name '*.log' | sort | tail -n 1)
    # Apache Kafka allocates no space ahead for .log files by default, so that the end is the last batch's.
    head -c 300 "$log" > "$dir/torn" && cat "$dir/torn" >> "$log"
  done
}

# judged NAME DATA: what dump-log and kafka-python say of the codecs' segments.
judged() {
  local logs all
  logs=$(find "$2" -path '*/codec-*' -name '*.log' | sort)
  all=$(find "$2" -path '*/codec-*' \( -name '*.log' -o -name '*.index' -o -name '*.timeindex' \) | sort | paste -sd,)
  check "kafka-dump-log finds $1 sound" "" "$(timeout 60 "${kafka_java[@]}" org.apache.kafka.tools.DumpLogSegments --files "$all" 2>&1 |
    grep -iE 'mismatch|invalid|exception|non-consecutive|isvalid: false' | head -n 5)"
  # shellcheck disable=SC2086
  check "kafka-python finds $1 sound" 0 "$("$cache/venv/bin/python" "$here/segments.py" $logs > "$dir/segments.out" 2>&1; echo $?)"
  grep -vE '^codec-[a-z0-9]+-0/[0-9]+\.log [0-9 ]+$' "$dir/segments.out" | head -n 5
}

# epochs DATA: how many leader epochs the plain topic has.
epochs() { sed -n 2p "$1/codec-none-0/leader-epoch-checkpoint"; }

start_kt "$three" || return 0
for codec in "${codecs[@]}"; do
  kt_ topics --create --topic "codec-$codec" --partitions 1 --config segment.bytes=1048576 > /dev/null
  produce "codec-$codec" 1 300 "$codec"
done
stop_kt
start_kt "$three" || return 0
for codec in "${codecs[@]}"; do produce "codec-$codec" 301 600 "$codec"; done
kill_broker
tear "$three/data"
start_kt "$three" || return 0
for codec in "${codecs[@]}"; do
  check_lines "kt reads $codec behind its own torn tail" "$(seq 600)" "$(kt_read "codec-$codec")"
  check "the torn tail of $codec is kept aside" 300 "$(cat "$three/data/codec-$codec-0/"*.log.cut-* | wc -c | tr -d ' ')"
done
stop_kt
judged "what kt cut" "$three/data"
check "kt begins an epoch with each start" 2 "$(epochs "$three/data")"

mv "$three/server.properties" "$three/kt.properties"
kafka_properties "$three" "$(meta node.id "$three")"
mv "$three/server.properties" "$three/kafka.properties"
cp "$three/kafka.properties" "$three/server.properties"
if start_kafka "$three"; then
  for codec in "${codecs[@]}"; do
    check_lines "Apache Kafka reads $codec beside kt's files of its own" "$(seq 600)" "$(kafka_read "codec-$codec" 600)"
    produce "codec-$codec" 601 900 "$codec"
  done
  kill_broker
  tear "$three/data"
  cp "$three/kt.properties" "$three/server.properties"
  if start_kt "$three"; then
    for codec in "${codecs[@]}"; do
      check_lines "kt reads $codec behind Apache Kafka's torn tail" "$(seq 900)" "$(kt_read "codec-$codec")"
      produce "codec-$codec" 901 1000 "$codec"
    done
    kill_broker
    tear "$three/data"
    cp "$three/kafka.properties" "$three/server.properties"
    if start_kafka "$three"; then
      for codec in "${codecs[@]}"; do
        check_lines "Apache Kafka reads $codec behind kt's torn tail" "$(seq 1000)" "$(kafka_read "codec-$codec" 1000)"
      done
      end_broker 30
      judged "what both wrote and cut" "$three/data"
    fi
  fi
fi
