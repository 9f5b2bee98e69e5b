#!/usr/bin/env bash
# The README's main job, as a person would type it: tests/readme.sh PATH-TO-KT
# Creates a topic, pipes lines in and reads them back against the embedded broker, in a KT_HOME of its own.
set -euo pipefail
kt=$(readlink -f "${1:?the path of kt}")
KT_HOME=$(mktemp -d)
export KT_HOME
unset KT_BOOTSTRAP_SERVER KT_AUTO_START
bin=$(mktemp -d)
ln -s "$kt" "$bin/kt"
export PATH="$bin:$PATH"
end() { kt server-stop > /dev/null 2>&1 || true; rm -rf "$KT_HOME" "$bin"; }
trap end EXIT

same() { if [ "$2" != "$3" ]; then echo "$1: expected '$2', got '$3'" >&2; exit 1; fi; echo "$1: $3"; }

kt topics --create --topic t --partitions 3
seq 1000 | kt console-producer --topic t
same "lines read back" 1000 "$(kt console-consumer --topic t --from-beginning --exit-at-end 2> /dev/null | wc -l)"
same "their sum" 500500 "$(kt console-consumer --topic t --from-beginning --exit-at-end 2> /dev/null | awk '{s += $1} END {print s}')"
same "topics" t "$(kt topics --list)"
kt topics --describe --topic t
kt topics --alter --topic t --partitions 5
same "partitions" 5 "$(kt topics --describe --topic t | grep -c 'Partition: ')"
kt topics --delete --topic t
same "topics after the delete" "" "$(kt topics --list)"
kt server-stop
same "a private broker" hi "$(kt run -- sh -c 'kt topics --create --topic x > /dev/null && echo hi | kt console-producer --topic x && kt console-consumer --topic x --from-beginning --max-messages 1' 2> /dev/null)"
echo "all of the README's lines work"
