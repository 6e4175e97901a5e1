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

# What simulate hands on: a program gets the word, that of the mutants has no other.
stub=${TEST_TMPDIR:?}/stub
mkdir -p "$stub"/bin "$stub"/out/examples/archive "$stub"/out/simulations/mutants
printf '#!/bin/sh\n[ "$1" != info ] || echo "%s"\n' "$stub/out" >"$stub/bin/bazel"
# shellcheck disable=SC2016 # its own words
printf '#!/bin/sh\nfor name; do echo "installed $name"; done\n' >"$stub/bin/dpkg-query"
for program in examples/archive simulations/mutants; do
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho "%s, $ROOKERY_CALLED_AS: $*"\n' "$program" >"$stub/out/$program/simulation"
  chmod +x "$stub/out/$program/simulation"
done
chmod +x "$stub/bin/bazel" "$stub/bin/dpkg-query"
# hands_on WANTED ARGUMENTS...
hands_on() {
  local wanted=$1 output
  shift
  output=$(PATH=$stub/bin:$PATH "$rookery" simulate "$@" 2>/dev/null)
  [[ $output == "$wanted" ]] || { echo "FAILED simulate $*: $output"; failures=$((failures + 1)); }
}
hands_on "examples/archive, ./rookery simulate: simulate --seeds 5" --seeds 5
hands_on "examples/archive, ./rookery simulate archive: simulate --help" archive --help-all
hands_on "examples/archive, ./rookery simulate examples/archive: simulate --profile key" \
  examples/archive/ -- --profile key
hands_on "simulations/mutants, ./rookery simulate: --mutant S1 --seeds 5" --mutant S1 --seeds 5
hands_on "simulations/mutants, ./rookery simulate simulations/mutants: --seeds 5" \
  simulations/mutants --seeds 5
exit $((failures > 0))
