#!/usr/bin/env bash
# What kafka-python and Apache Kafka read in segments: judge.sh WORK FILE ...; writes WORK/kafka-python and WORK/apache-kafka.
# They are installed as for the suites of foreign clients.
set -euo pipefail
judge=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
here=$judge/../interop
cache=${KT_INTEROP_CACHE:-$HOME/.cache/kt-interop}
mkdir -p "$cache"
work=$1
shift
# shellcheck source=tests/interop/install.sh
. "$here/install.sh"
install_for kafka-python apache-tools > "$work/install" 2>&1 || { cat "$work/install"; exit 1; }
"$cache/venv/bin/python" "$judge/judge.py" read "$@" > "$work/kafka-python"
files=$(IFS=,; echo "$*")
java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512M "-Dlog4j2.configurationFile=$here/log4j2.properties" -cp "$KAFKA_CLASSPATH" \
  org.apache.kafka.tools.DumpLogSegments --deep-iteration --files "$files" > "$work/dumped"
python3 "$judge/judge.py" dumped < "$work/dumped" > "$work/apache-kafka"
