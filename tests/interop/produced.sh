# What kafkajs, confluent-kafka and franz-go produced, read by kcat and by kt. Each of them makes the topics PREFIX-CODEC for
# none, gzip, snappy, lz4, zstd with one partition, and sends there, from timestamp $BASE on, one more each time:
#   k1=one with the headers a:1 b:2 a:3 (kafkajs: a:1 a:3 b:2, for its headers are an object); k2=two; three without a key;
#   k4 without a value; then 500 records with the key many and the values 1 to 500.

pairs='a=1,b=2,a=3'
[ "$SUITE" != kafkajs ] || pairs='a=1,a=3,b=2'
expected="0 $BASE k1=one $pairs
1 $((BASE + 1)) k2=two$(printf ' ')
2 $((BASE + 2)) NULL=three$(printf ' ')
3 $((BASE + 3)) k4=NULL$(printf ' ')"

for codec in none gzip snappy lz4 zstd; do
  check "kcat reads keys, values, timestamps and headers sent with $codec" "$expected" \
    "$(timeout 30 kcat -b "$BOOTSTRAP" -C -q -e -t "$PREFIX-$codec" -o beginning -c 4 -Z -f '%o %T %k=%s %h\n')"
  check_lines "kcat reads many records sent with $codec" "$(seq 500)" \
    "$(timeout 30 kcat -b "$BOOTSTRAP" -C -q -e -t "$PREFIX-$codec" -o 4)"
done
check_codecs "$PREFIX"
check "kt console-consumer prints them as Kafka's" "${pairs//=/:}	k1	one|NO_HEADERS	k2	two|NO_HEADERS	null	three|NO_HEADERS	k4	null" \
  "$("$kt" console-consumer --bootstrap-server "$BOOTSTRAP" --topic "$PREFIX-zstd" --from-beginning --exit-at-end \
    --formatter-property print.key=true --formatter-property print.headers=true | head -n 4 | paste -sd'|')"
