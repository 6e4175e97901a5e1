#!/usr/bin/env bash
# simulate_word_test.sh
#
# PROGRAM simulate, of one program in two binaries: the one that runs in production says how to get
# the simulator, the other one has it. Mistakes are one line each.

set -uo pipefail
plain=$1 simulated=$2
work=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT
unset ROOKERY_CALLED_AS

fail() {
  printf 'FAILED %s\n' "$1"
  tail -n 100 "$work"/*
  exit 1
}
says() { grep -qE -- "$2" "$work/$1" || fail "$1 does not say: $2"; }
# fails_with CODE TEXT COMMAND...: one line on standard error, nothing else, that exit code
fails_with() {
  local code=$1 text=$2 answered=0
  shift 2
  "$@" >"$work/out" 2>"$work/err" </dev/null || answered=$?
  ((answered == code)) || fail "exit code $answered of: $*"
  [[ $(wc -l <"$work/err") == 1 && ! -s $work/out ]] || fail "not one line of error: $*"
  grep -qF -- "$text" "$work/err" || fail "does not say '$text': $*"
}

# Help fits the terminal: what goes on in the next line is one line here.
help_of() { "$1" --help | sed -z 's/\n \{10,\}/ /g' >"$work/help" || fail "help"; }

# Without the simulator: help says so, and whatever is asked for, the answer is how to get it.
help_of "$plain"
says help '^  simulate  .*not in this one$'
how="error: simulate: this binary has no simulator: build one that links it"
fails_with 1 "$how" "$plain" simulate
fails_with 1 "$how" "$plain" simulate --seeds 5 --profile key
fails_with 1 "$how" "$plain" simulate --replay r2:12 --seedz=3
"$plain" simulate --help >"$work/help" || fail "simulate --help"
says help 'simulate_command'

# With it: one word of many.
help_of "$simulated"
says help '^  simulate  .*seed by seed$'
says help '^  server '
grep -q 'not in this one' "$work/help" && fail "two words named simulate"
"$simulated" routes >"$work/routes" || fail "routes"
says routes '^  topic orders.v1$'
"$simulated" simulate --help >"$work/help" || fail "simulate --help"
says help '^Simulates billing: '
says help '^  --seed-start '

"$simulated" simulate --seeds 5 >"$work/out" 2>"$work/err" || fail "5 seeds"
says out '^billing: 5 of 5 seeds, no violation$'
[[ ! -s $work/err ]] || fail "something on standard error"

fails_with 2 "simulate: " "$simulated" simulate --seedz 5
fails_with 2 "simulate: --seeds: at least 1" "$simulated" simulate --seeds 0
fails_with 2 "simulate: " "$simulated" simulate 5
fails_with 2 "simulate: " "$simulated" simulate --profile key # it has none
fails_with 2 "simulate: " "$simulated" simulate --replay r1:12
fails_with 2 "simulate: " "$simulated" simulate --format xml
fails_with 1 "unknown word 'simulat': did you mean simulate?" "$simulated" simulat --seeds 5
fails_with 1 "unknown word 'simulat': did you mean simulate?" "$plain" simulat

# Completion knows its options, and their values.
"$simulated" completion bash >"$work/bash" || fail "completion bash"
says bash "^ *' simulate'\) choices='.*--seeds .*--replay .*--format"
says bash "^ *' simulate --format'\) choices='text json'"
says bash "^ *' simulate'\) choices='.*--help"
"$plain" completion bash >"$work/bash" || fail "completion bash"
says bash "^ *' simulate'\) choices='--help'"
echo passed
