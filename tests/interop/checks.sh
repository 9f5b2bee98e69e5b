# How a check in bash reports; sourced. The programs in other languages print the same lines.
# SUITE is the suite's name.

# check NAME EXPECTED GOT
check() {
  if [ "$2" = "$3" ]; then
    echo "ok $SUITE: $1"
  else
    echo "FAILED $SUITE: $1"
    echo "   expected: $(shown "$2")"
    echo "   got:      $(shown "$3")"
  fi
}

# check_lines NAME EXPECTED GOT: for texts of many lines; a failure shows where they differ.
check_lines() {
  if [ "$2" = "$3" ]; then
    echo "ok $SUITE: $1"
  else
    echo "FAILED $SUITE: $1"
    echo "   expected $(wc -l <<< "$2") lines, got $(wc -l <<< "$3"); the first differences (< expected, > got):"
    diff <(echo "$2") <(echo "$3") | head -n 6 | cut -c1-200 | sed 's/^/   /'
  fi
}

# check_match NAME EXTENDED-REGEX GOT: the regex is to match a part of one line of GOT.
check_match() {
  if grep -Eq -e "$2" <<< "$3"; then
    echo "ok $SUITE: $1"
  else
    echo "FAILED $SUITE: $1"
    echo "   expected: a line with $2"
    echo "   got:      $(shown "$3")"
  fi
}

# A value on one line, not endless.
shown() { local text=${1@Q}; if [ ${#text} -gt 600 ]; then echo "${text:0:600}... (${#1} characters)"; else echo "$text"; fi; }

# The codec number in the attributes of the first batch of partition 0 of a topic: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.
stored_codec() { echo $(($(od -An -tu1 -j22 -N1 "$DATA/$1-0/00000000000000000000.log") & 7)); }

# check_codecs TOPIC-PREFIX: the topics PREFIX-CODEC hold batches of that codec; only where the broker's folder is known.
check_codecs() {
  local codec number=0
  [ -n "$DATA" ] || return 0
  for codec in none gzip snappy lz4 zstd; do
    check "the broker stores $codec as $codec" $number "$(stored_codec "$1-$codec" 2>&1)"
    number=$((number + 1))
  done
}
