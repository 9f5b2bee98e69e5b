# One suite from its broker's start to its end: suite.sh NAME. Called by run.sh, which exports $kt, $here, $cache and $work.
# The suites' programs find the broker's address in $BOOTSTRAP, a prefix for their topics in $PREFIX, their name in $SUITE,
# in $BASE the timestamp of the first record to send (of yesterday: what is older than a week, retention may delete at any
# moment), and in $DATA the broker's log dir (empty if it is not ours).
set -uo pipefail

SUITE=$1 PREFIX=$1-$$ BASE=$((($(date +%s) - 86400) * 1000)) BOOTSTRAP='' DATA='' dir=$work/$1
export SUITE PREFIX BASE BOOTSTRAP DATA
# shellcheck source=tests/interop/checks.sh
. "$here/checks.sh"
# shellcheck source=tests/interop/broker.sh
. "$here/broker.sh"
trap end_all_brokers EXIT

if [ "$SUITE" = apache-directory ]; then
  . "$here/apache_directory.sh" 2> "$dir/stderr"
  exit 0
fi

if [ -n "${KT_INTEROP_BOOTSTRAP:-}" ]; then
  BOOTSTRAP=$KT_INTEROP_BOOTSTRAP
else
  start_kt "$dir/broker" || exit 0
  DATA=$dir/broker/data
fi

code=0
case $SUITE in
  kcat) . "$here/kcat.sh" ;;
  kafka-python) "$cache/venv/bin/python" "$here/kafka_python.py" && check_codecs "$PREFIX" ;;
  confluent) "$cache/venv/bin/python" "$here/confluent.py" && . "$here/produced.sh" ;;
  kafkajs) NODE_PATH=$cache/node/node_modules node "$here/kafkajs.js" && . "$here/produced.sh" ;;
  franz-go) "$cache/franz-go" && . "$here/produced.sh" ;;
  java) "${kafka_java[@]}" "$here/JavaClient.java" ;;
  apache-tools) . "$here/apache_tools.sh" ;;
esac 2> "$dir/stderr" || code=$?
if [ $code != 0 ]; then tail -n 20 "$dir/stderr" | cut -c1-300 | sed 's/^/   /'; fi

[ -n "${KT_INTEROP_BOOTSTRAP:-}" ] || stop_kt
exit $code
