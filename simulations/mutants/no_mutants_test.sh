#!/usr/bin/env bash
# no_mutants_test.sh
#
# A program built as usual contains no mutant's name, and one built with mutants does (so that the
# search means something).
#
#   no_mutants_test.sh ORDINARY WITH_MUTANTS NAME...

set -euo pipefail
for name in "${@:3}"; do
  if grep -qF "$name" "$1"; then
    echo "$1 contains the mutant $name" >&2
    exit 1
  fi
  if ! grep -qF "$name" "$2"; then
    echo "$2 does not contain the mutant $name" >&2
    exit 1
  fi
done
