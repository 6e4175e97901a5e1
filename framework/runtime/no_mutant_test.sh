#!/usr/bin/env bash
# no_mutant_test.sh
#
# A program without mutants contains no name of any and behaves; one with them contains the names (so that
# the search means something).
#
#   no_mutant_test.sh WITHOUT WITH

set -euo pipefail
for name in ledger.commits_past_gap heartbeat.join_under_lock stop.told_outside_lock; do
  if grep -qF "$name" "$1"; then
    echo "$1 contains the mutant $name" >&2
    exit 1
  fi
  if ! grep -qF "$name" "$2"; then
    echo "$2 does not contain the mutant $name" >&2
    exit 1
  fi
done
[[ $("$1") == "healthy, of 0" ]] || { "$1"; exit 1; }
[[ $("$2") == "healthy, of "[1-9]* ]] || { "$2"; exit 1; }
