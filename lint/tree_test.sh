#!/usr/bin/env bash
# tree_test.sh
#
# Runs a check over the real source tree, which is where the file named first really lies.
#
#   tree_test.sh WORKSPACE CHECK [PROGRAM]

set -euo pipefail
root=$(dirname "$(readlink -f "$1")")
check=$2
shift 2
if (($# > 0)); then set -- "$(readlink -f "$1")"; fi
exec "$root/$check" "$root" "$@"
