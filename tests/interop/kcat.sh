# kcat (librdkafka): listing, every codec, keys, headers, nulls, timestamps, idempotence, several partitions.

kcat_() { timeout 30 kcat -b "$BOOTSTRAP" -X topic.metadata.refresh.interval.ms=1000 "$@"; }
produce() { kcat_ -P "$@"; }
consume() { kcat_ -C -q -e "$@"; }
create() { "$kt" topics --bootstrap-server "$BOOTSTRAP" --create --topic "$1" --partitions "$2" > /dev/null; }

t=$PREFIX
for codec in none gzip snappy lz4 zstd; do create "$t-$codec" 1; done
for topic in parts keyed timed idempotent; do create "$t-$topic" 3; done

listing=$(kcat_ -L)
check "-L exits 0" 0 $?
[ -n "$listing" ] || return 1
check_match "-L lists one broker at its address" "broker [0-9]+ at $BOOTSTRAP" "$listing"
check_match "-L names the controller" "\(controller\)" "$listing"
check_match "-L lists a topic with its partitions" "topic \"$t-parts\" with 3 partitions:" "$listing"
check "-L -t shows leader, replicas and isrs of each partition" 3 \
  "$(kcat_ -L -t "$t-parts" | grep -cE 'partition [0-2], leader ([0-9]+), replicas: \1, isrs: \1$')"
check "-L -J is JSON with the topics' partitions" 3 \
  "$(kcat_ -L -J -t "$t-parts" | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["topics"][0]["partitions"]))')"

for codec in none gzip snappy lz4 zstd; do
  # A batch of one record would not get smaller, and librdkafka would send it as it is.
  seq 2000 | produce -t "$t-$codec" -p 0 -z $codec -X linger.ms=200
  check "produce with $codec exits 0" 0 $?
  check_lines "what was produced with $codec comes back in order" "$(seq 2000)" "$(consume -t "$t-$codec" -o beginning)"
done
check_codecs "$t"
check_lines "codecs may be mixed in one partition" "$(for _ in 1 2 3 4 5; do seq 100; done)" \
  "$(for codec in none gzip snappy lz4 zstd; do seq 100 | produce -t "$t-parts" -p 2 -z $codec; done
     consume -t "$t-parts" -p 2 -o beginning)"

printf 'a|1\nb|2\n|3\nd|\n' | produce -t "$t-keyed" -p 0 -K'|' -Z -H first=x -H second=y -H first=z
check "keys, null keys, null values and offsets come back" "0=a=1 1=b=2 2=NULL=3 3=d=NULL" \
  "$(consume -t "$t-keyed" -p 0 -o beginning -Z -f '%o=%k=%s\n' | paste -sd' ')"
check "headers come back in order, a repeated one too" "first=x,second=y,first=z" \
  "$(consume -t "$t-keyed" -p 0 -o beginning -c 1 -f '%h')"
check "an offset from the end" "d" "$(consume -t "$t-keyed" -p 0 -o -1 -f '%k')"
check "an absolute offset" "b" "$(consume -t "$t-keyed" -p 0 -o 1 -c 1 -f '%k')"
printf 'd|\n' | produce -t "$t-keyed" -p 1 -K'|'
check "an empty value is not a null" "0" "$(consume -t "$t-keyed" -p 1 -o beginning -f '%S')"
check "an empty partition ends at once" "" "$(consume -t "$t-keyed" -p 2 -o beginning)"

echo early | produce -t "$t-timed" -p 0
sleep 0.02
between=$(date +%s%3N)
sleep 0.02
echo late | produce -t "$t-timed" -p 0
check "-o s@ starts at a timestamp" "late" "$(consume -t "$t-timed" -p 0 -o "s@$between")"
check "-o s@ and e@ bound a range" "early" "$(consume -t "$t-timed" -p 0 -o s@1 -o "e@$between")"
check "-o s@ after the last record waits at the end" "" "$(consume -t "$t-timed" -p 0 -o "s@$((between + 3600000))")"
check "-Q answers the offset of a timestamp" "1" "$(kcat_ -Q -t "$t-timed:0:$between" | grep -o 'offset [0-9]*' | cut -d' ' -f2)"
check "a record's timestamp is of now" 1 \
  "$(consume -t "$t-timed" -p 0 -o beginning -c 1 -f '%T' | awk -v now="$between" '{ print ($1 <= now && $1 > now - 60000) }')"

seq 5000 | produce -t "$t-idempotent" -X enable.idempotence=true -z lz4
check "an idempotent producer exits 0" 0 $?
check "nothing is lost or doubled" "5000 5000" \
  "$(consume -t "$t-idempotent" -o beginning | sort -n | awk '{ n++; if ($1 == n) same++ } END { print n, same }')"
seq 3000 | awk '{ print "key" $1 "|" $1 }' | produce -t "$t-parts" -K'|'
check "keyed records go to all three partitions" "0 1 2" \
  "$(consume -t "$t-parts" -o beginning -f '%p\n' | sort -u | paste -sd' ')"
check "acks 0, 1 and all are served" "acks0 acks1 acksall" \
  "$(for acks in 0 1 all; do echo "acks$acks" | produce -t "$t-idempotent" -p 0 -X "acks=$acks"; sleep 0.1; done
     consume -t "$t-idempotent" -p 0 -o -3 | paste -sd' ')"
head -c 600000 /dev/zero | tr '\0' 'x' > "$dir/large"
produce -t "$t-timed" -p 1 "$dir/large"
check "a value of 600,000 bytes comes back whole" 600000 "$(consume -t "$t-timed" -p 1 -o beginning -f '%S')"
check "a value larger than a fetch's limits comes back too" 600000 \
  "$(consume -t "$t-timed" -p 1 -o beginning -f '%S' -X fetch.message.max.bytes=1000)"
check "an unknown topic is refused" 1 "$(kcat_ -C -q -e -t "$t-absent" -X allow.auto.create.topics=false > /dev/null; echo $?)"
