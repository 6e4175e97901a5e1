#!/usr/bin/env bash
# check_source.sh
#
# Runs the source rules over the whole tree. PROGRAM is rookery-lint.
#
#   check_source.sh ROOT PROGRAM [OPTIONS]

set -euo pipefail
root=$1 program=$2
shift 2
"$root/lint/list_files.sh" "$root" .h .cc .md BUILD \
  .sh .bzl .bazelrc .yml .yaml rookery .ci/run .ci/nightly |
  "$program" source --root "$root" "$@" -
