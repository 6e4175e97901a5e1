#!/usr/bin/env bash
# front_door_test.sh
#
# What ./rookery answers without building anything: help, the help of each word, and one-line errors.

set -uo pipefail
rookery=$(dirname "$(readlink -f "$1")")/rookery
failures=0

# expect WHAT CODE LINES_MAX COMMAND... wants that exit code, and at most so many lines of output.
expect() {
  local what=$1 code=$2 lines_max=$3 output answered=0 lines
  shift 3
  output=$("$@" 2>&1 </dev/null) || answered=$?
  lines=$(printf '%s\n' "$output" | wc -l)
  if ((answered != code || lines > lines_max)) || [[ -z $output ]]; then
    printf 'FAILED %s: exit code %d instead of %d, %d lines:\n%s\n' \
      "$what" "$answered" "$code" "$lines" "$output"
    failures=$((failures + 1))
  fi
}

expect "no word is help" 0 20 "$rookery"
expect "help" 0 20 "$rookery" --help
expect "an unknown word is one line" 1 1 "$rookery" frobnicate
for word in setup build test simulate run bench lint kafka install; do
  expect "$word --help" 0 20 "$rookery" "$word" --help
  "$rookery" | grep -q "^  $word " || { echo "FAILED help names $word"; failures=$((failures + 1)); }
done
expect "an unknown program" 1 1 "$rookery" simulate no/such/program
expect "run without a program" 1 1 "$rookery" run
expect "install without a prefix" 1 1 "$rookery" install
expect "install with an unknown word" 1 1 "$rookery" install --prefix "$TEST_TMPDIR" sideways
expect "install where nothing can be written" 1 1 "$rookery" install --prefix /proc/rookery
expect "nothing to uninstall" 1 1 "$rookery" install --uninstall --prefix "$TEST_TMPDIR"
expect "an unknown lint" 1 1 "$rookery" lint poetry
expect "test --kafka of two" 1 1 "$rookery" test --quick --kafka=2
expect ".ci/run names its steps" 0 20 "${rookery%/*}/.ci/run" --help
expect "an unknown step of .ci/run" 2 1 "${rookery%/*}/.ci/run" sideways
expect ".ci/nightly explains itself" 0 25 "${rookery%/*}/.ci/nightly" --help
expect "an unknown step of .ci/nightly" 2 1 "${rookery%/*}/.ci/nightly" sideways
expect "no seeds at night" 2 1 "${rookery%/*}/.ci/nightly" --seeds 0
expect "an unknown word of kafka" 1 1 "$rookery" kafka sideways
expect "two nodes" 1 1 env ROOKERY_KAFKA_DIR="$TEST_TMPDIR/kafka" "$rookery" kafka up --nodes 2
expect "a Kafka that is down" 1 1 env ROOKERY_KAFKA_DIR="$TEST_TMPDIR/kafka" "$rookery" kafka status
exit $((failures > 0))
