#!/usr/bin/env bash
# check_source.sh
#
# Runs the source rules over the whole tree. PROGRAM is rookery-lint.
#
#   check_source.sh ROOT PROGRAM [FORMAT]

set -euo pipefail
root=$1 program=$2
format=${3:-text}
"$root/lint/list_files.sh" "$root" .h .cc .md BUILD |
  "$program" source --root "$root" --format "$format" -
