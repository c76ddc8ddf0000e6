#!/usr/bin/env bash
# Apache Kafka's own request-level and command-line-tool tests against Walka, one fresh broker a test.
#
#   kafka-suite.sh                     the tests of kafka-suite-pass.txt: each must pass
#   kafka-suite.sh --fair OUT [CLASS]  every test that real Kafka 4.4 passes; OUT/score.txt has the score
#   kafka-suite.sh --update OUT...     adds to kafka-suite-pass.txt what passed in these runs
#
# KAFKA_SUITE   the folder of the suite (default ../shared/kafka-suite beside the checkout)
# KSUITE_HOME   its jars and work files (default /tmp/kafka-suite)
# The last line is "kafka-suite: N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
suite=${KAFKA_SUITE:-$root/../shared/kafka-suite}
list=$here/kafka-suite-pass.txt
export KSUITE_HOME=${KSUITE_HOME:-/tmp/kafka-suite} WALKA=$root
# Tests that take any group protocol run with each of these.
# They compare what is shown with what Kafka 4.4 shows.
export WALKA_MIN_CLIENT_VERSION=${WALKA_MIN_CLIENT_VERSION:-2.1}
export EXT_GROUP_PROTOCOLS=${EXT_GROUP_PROTOCOLS:-classic,consumer}

if [ "${1:-}" = --update ]; then
  shift
  for out in "$@"; do awk -F'\t' '$2 == "pass" { print $1 }' "$out/results.tsv"; done | sort -u - "$list" -o "$list.new"
  mv "$list.new" "$list"
  echo "kafka-suite: $(wc -l < "$list") tests in the list"
  exit 0
fi

if [ ! -x "$suite/run.sh" ]; then
  echo "*** kafka-suite: NOT RUN: no $suite (set KAFKA_SUITE); $(wc -l < "$list") tests of Apache Kafka were not run ***"
  exit 3
fi
[ -s "$KSUITE_HOME/classes-cluster.txt" ] && [ -d "$KSUITE_HOME/shim" ] || "$suite/setup.sh"

if [ "${1:-}" = --fair ]; then
  out=$2
  EXT_FAIR=1 "$suite/run.sh" "$suite/brokers/walka.sh" "$out" "${3:-.}"
  "$suite/compare.sh" "$suite/baseline-kafka-4.4.0.tsv" "$out/results.tsv" > "$out/score.txt" 2> "$out/not-passed.txt"
  cat "$out/score.txt"
  exit 0
fi

out=$(mktemp -d "${TMPDIR:-/tmp}/walka-kafka-suite-XXXXXX")
missed() { awk -F'\t' 'NR == FNR { if ($2 == "pass") ok[$1] = 1; next } !($1 in ok) { print $1 }' "$1" "$2"; }
EXT_ONLY=$list "$suite/run.sh" "$suite/brokers/walka.sh" "$out/first" > "$out/log" 2>&1 || true
missed "$out/first/results.tsv" "$list" > "$out/missed"
if [ -s "$out/missed" ]; then
  # A test can fail by the load of its neighbours: what failed runs once more, one at a time.
  echo "kafka-suite: $(wc -l < "$out/missed") failed at first, running them once more:"
  sed 's/^/  /' "$out/missed"
  EXT_JOBS=1 EXT_ONLY=$out/missed "$suite/run.sh" "$suite/brokers/walka.sh" "$out/second" >> "$out/log" 2>&1 || true
  missed "$out/second/results.tsv" "$out/missed" > "$out/failed"
else
  : > "$out/failed"
fi
total=$(wc -l < "$list")
failed=$(wc -l < "$out/failed")
while read -r id; do
  echo "FAILED $id: $(awk -F'\t' -v id="$id" '$1 == id { print $4 }' "$out"/*/results.tsv | tail -1)"
done < "$out/failed"
echo "kafka-suite: $((total - failed)) passed, $failed failed"
[ "$failed" -eq 0 ] || { echo "logs: $out"; exit 1; }
rm -rf "$out"
