#!/usr/bin/env bash
# Foreign clients and Apache Kafka itself against kt: run.sh PATH-TO-KT [SUITE ...]
#
# Each suite gets a private broker, and prints a line "ok SUITE: CHECK" or "FAILED SUITE: CHECK" for each of its checks.
# The last line here is "N passed, M failed"; the exit code is 0 only if all passed. What the suites need is installed.
#
# Environment: KT_INTEROP_CACHE (where the clients are installed, default ~/.cache/kt-interop), KT_INTEROP_JOBS (suites at a
# time, default 2), KT_INTEROP_BOOTSTRAP=HOST:PORT (a running broker for the suites, instead of kt's own; with it
# apache-directory is left out), KT_INTEROP_KEEP=1 (leaves the work folder and names it).
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suites=(apache-directory java apache-tools kafka-python franz-go kcat kafkajs confluent)

usage() { echo "usage: run.sh PATH-TO-KT [SUITE ...], the suites being: ${suites[*]}" >&2; exit 2; }

[ -n "${1:-}" ] && kt=$(readlink -f "$1") && [ -x "$kt" ] || usage
shift
[ -z "${KT_INTEROP_BOOTSTRAP:-}" ] || suites=("${suites[@]:1}")
for name; do [[ " ${suites[*]} " == *" $name "* ]] || usage; done
if [ $# -gt 0 ]; then suites=("$@"); fi

cache=${KT_INTEROP_CACHE:-$HOME/.cache/kt-interop}
mkdir -p "$cache"
work=$(mktemp -d "${TMPDIR:-/tmp}/kt-interop.XXXXXX")
export kt here cache work KT_AUTO_START=0 PYTHONDONTWRITEBYTECODE=1
unset KT_BOOTSTRAP_SERVER KT_HOME
trap 'if [ -n "${KT_INTEROP_KEEP:-}" ]; then echo "kept $work" >&2; else rm -rf "$work"; fi' EXIT
# shellcheck source=tests/interop/install.sh
. "$here/install.sh"

# The lines of a suite, with one more failure if it ended badly without saying why.
report() {
  local name=$1 code=$2 seconds=$3 out=$work/$1.out log=$work/$1/broker/log
  if [ "$code" != 0 ]; then echo "FAILED $name: ended with exit code $code" >> "$out"; fi
  if ! grep -q -e '^ok ' -e '^FAILED ' "$out"; then echo "FAILED $name: checked nothing" >> "$out"; fi
  echo "== $name ($seconds s)"
  cat "$out"
  if grep -q '^FAILED' "$out" && [ -s "$log" ]; then
    echo "   the last lines of the broker's log:"
    tail -n 40 "$log" | sed 's/^/   | /'
  fi
}

begun=$SECONDS
if ! install_for "${suites[@]}" > "$work/install" 2>&1; then
  cat "$work/install"
  echo "FAILED install"
  echo "0 passed, 1 failed"
  exit 1
fi

running=0
for name in "${suites[@]}"; do
  if [ "$running" -ge "${KT_INTEROP_JOBS:-2}" ]; then wait -n; running=$((running - 1)); fi
  (
    began=$SECONDS code=0
    mkdir "$work/$name"
    timeout --kill-after=10 420 bash "$here/suite.sh" "$name" > "$work/$name.out" 2>&1 < /dev/null || code=$?
    report "$name" "$code" $((SECONDS - began)) > "$work/$name.report"
    flock "$work" cat "$work/$name.report"
  ) &
  running=$((running + 1))
done
wait

passed=$(cat "$work"/*.out | grep -c '^ok ')
failed=$(cat "$work"/*.out | grep -c '^FAILED ')
echo "took $((SECONDS - begun)) s"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
