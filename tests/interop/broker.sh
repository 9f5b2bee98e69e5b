# Private brokers, kt's and Apache Kafka's: started on a free loopback port, ended by the pid of their start; sourced.
# Each start_... sets BOOTSTRAP, broker_pid and broker_log; stop_... end that broker.

brokers_started=()
# A JVM with Kafka's jars that starts cheaply; a class and its arguments follow.
kafka_java=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512M "-Dlog4j2.configurationFile=$here/log4j2.properties"
  -cp "${KAFKA_CLASSPATH:-}")

# A free port below the range that outgoing connections take theirs from.
free_port() {
  python3 - <<'PYTHON'
import random, socket
while True:
    port = random.randrange(20000, 32000)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break
PYTHON
}

# start_kt DIR: kt server-start with DIR/server.properties (made if it is missing), its KT_HOME in DIR/home.
start_kt() {
  local dir=$1 code=0
  mkdir -p "$dir/home"
  [ -f "$dir/server.properties" ] ||
    printf '%s\n' "listeners=PLAINTEXT://127.0.0.1:$(free_port)" "log.dirs=$dir/data" > "$dir/server.properties"
  BOOTSTRAP=$(listener "$dir") broker_log=$dir/log
  KT_HOME=$dir/home "$kt" server-start "$dir/server.properties" >> "$dir/log" 2>&1 < /dev/null &
  broker_pid=$!
  brokers_started+=("$broker_pid")
  "$kt" wait --bootstrap-server "$BOOTSTRAP" --timeout 15s >> "$dir/wait.log" 2>&1 < /dev/null || code=$?
  check "kt's broker starts, kt wait sees it" 0 "$code"
  [ $code = 0 ] || { cat "$dir/wait.log"; tail -n 30 "$dir/log"; return 1; }
}

# The exit code is 143, as a JVM's.
stop_kt() {
  end_broker 15
  check "kt's broker ends on SIGTERM with 143" 143 "$ended_with"
  check "kt's broker did not panic" "" "$(grep -A 3 panicked "$broker_log")"
}

# start_kafka DIR: Apache Kafka with DIR/server.properties.
start_kafka() {
  local dir=$1 limit=$((SECONDS + 90))
  BOOTSTRAP=$(listener "$dir") broker_log=$dir/kafka.log
  # What an earlier run said must not pass for this one's.
  : > "$broker_log"
  "${kafka_java[@]}" -Dkt.log.level=INFO kafka.Kafka "$dir/server.properties" > "$broker_log" 2>&1 < /dev/null &
  broker_pid=$!
  brokers_started+=("$broker_pid")
  until grep -q 'Kafka Server started' "$broker_log"; do
    if ! kill -0 "$broker_pid" 2> /dev/null || [ $SECONDS -ge $limit ]; then
      check "Apache Kafka starts" "Kafka Server started" "$(grep -E 'ERROR|FATAL|Exception' "$broker_log" | head -n 12)"
      return 1
    fi
    sleep 0.2
  done
  echo "ok $SUITE: Apache Kafka starts"
  # Its partitions are led a moment later.
  local seen
  until seen=$(timeout 10 kcat -b "$BOOTSTRAP" -L 2> /dev/null) && ! grep -q 'leader -1' <<< "$seen" || [ $SECONDS -ge $limit ]; do
    sleep 0.1
  done
}

# A line at ERROR level is a failure: so Kafka says that it did not like a file. Not so its own registration as controller
# when it comes before the controller is active; that is tried again.
stop_kafka() {
  end_broker 30
  check "Apache Kafka ends on SIGTERM with 143" 143 "$ended_with"
  check "Apache Kafka logged no error" "" \
    "$(grep -v 'apiKey=CONTROLLER_REGISTRATION' "$broker_log" | grep -A 2 -E '^(ERROR|FATAL) ' | cut -c1-180 | head -n 12)"
}

# The client address in DIR/server.properties.
listener() { sed -n 's|^listeners=PLAINTEXT://\([0-9.]*:[0-9]*\).*|\1|p' "$1/server.properties"; }

# end_broker SECONDS: sets ended_with to the exit code, or to what happened instead.
end_broker() {
  local tries=$(($1 * 10)) pid=$broker_pid
  ended_with=0
  if ! kill -TERM "$pid" 2> /dev/null; then
    wait "$pid"
    ended_with="ended before, with $?"
    return
  fi
  while kill -0 "$pid" 2> /dev/null; do
    tries=$((tries - 1))
    if [ $tries -le 0 ]; then kill -KILL "$pid"; ended_with="no end within $1 s"; return; fi
    sleep 0.1
  done
  wait "$pid" || ended_with=$?
}

# No chance to write anything down.
kill_broker() { kill -KILL "$broker_pid"; wait "$broker_pid" 2> /dev/null; }

# What a suite leaves running when it fails half way.
end_all_brokers() { for pid in "${brokers_started[@]}"; do kill -KILL "$pid" 2> /dev/null; done; return 0; }
