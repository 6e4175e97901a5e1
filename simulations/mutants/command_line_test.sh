#!/usr/bin/env bash
# command_line_test.sh
#
# What somebody who wants to see a mutant found types, for each of them: the hunt ends with exit
# code 1 and a failure of at most 25 lines; its replay line reproduces the failure with the mutant,
# and finds nothing without it.
#
#   command_line_test.sh SIMULATION [ARGUMENTS]
#
# With arguments (`bazel test //simulations/mutants:command_line_test --test_arg=...`, as a failure
# says) it is that one run, and passes when nothing is broken. MUTANTS="D1 F5" hunts only those.

set -euo pipefail
export ROOKERY_CALLED_AS="./rookery simulate"
simulation=$1
shift
if (($# > 0)); then exec "$simulation" "$@"; fi
lines_most=25

fail() {
  echo "$mutant: $*" >&2
  exit 1
}

# simulate CODE ARGUMENTS... runs it into `output`, and wants that exit code.
simulate() {
  local wanted=$1 code=0
  shift
  output=$("$simulation" "$@" 2>&1) || code=$?
  ((code == wanted)) || fail "simulate $* ends with $code instead of $wanted:"$'\n'"$output"
}

# The failure, from "seed N broke the promise ..." to the end; and the promise alone.
failure_of() { sed -n '/^seed [0-9]* broke the promise /,$p' <<<"$1"; }
promise_of() { sed -n 's/^seed [0-9]* broke the promise //p' <<<"$1"; }

mutant=none
simulate 0 --list-mutants
wanted=" ${MUTANTS:-} "
mapfile -t mutants < <(awk -v wanted="$wanted" \
  '$2 ~ /^[A-Z][0-9]/ && (wanted ~ /^ *$/ || index(wanted, " " $2 " ")) { print $1 }' <<<"$output")
[[ -n ${MUTANTS:-} ]] || ((${#mutants[@]} == 50)) || fail "${#mutants[@]} mutants are listed"
((${#mutants[@]} > 0)) || fail "there is none of $MUTANTS"

for mutant in "${mutants[@]}"; do
  simulate 1 --mutant "$mutant" --shrink-seconds 2
  found=$output
  lines=$(failure_of "$found" | wc -l)
  ((lines > 5 && lines <= lines_most)) || fail "the failure takes $lines lines:"$'\n'"$found"
  promise=$(promise_of "$found")
  line=$(grep -o -m 1 'r[12]:[A-Za-z0-9_-]*' <<<"$found") || fail "no replay line:"$'\n'"$found"
  grep -qF "./rookery simulate --mutant $mutant --replay $line" <<<"$found" ||
    fail "no command that replays it:"$'\n'"$found"
  grep -qF -- "command_line_test --test_arg=--mutant --test_arg=$mutant --test_arg=--replay=$line" \
    <<<"$found" || fail "no test that replays it:"$'\n'"$found"

  simulate 1 --mutant "$mutant" --replay "$line"
  [[ $(promise_of "$output") == "$promise" ]] ||
    fail "the replay breaks another promise than $promise:"$'\n'"$output"
  grep -q "replayed .* the same trace" <<<"$output" || fail "no word of the trace:"$'\n'"$output"

  # The bug alone is to blame.
  simulate 0 --without-mutant "$mutant" --replay "$line"
  echo "explored $mutant: $(sed -n '1s/.*: //p' <<<"$found"); $promise, $lines lines"
done

# A line does not say what ran; who gives no mutant is told what is assumed.
mutant=none
simulate 0 --replay "$("$simulation" --mutant heartbeat.join_under_lock --no-shrink 2>&1 |
  grep -o -m 1 'r[12]:[A-Za-z0-9_-]*')"
grep -q "this replays group life" <<<"$output" || fail "no word of what is replayed:"$'\n'"$output"
simulate 2 --without-mutant no.such --seeds 1
