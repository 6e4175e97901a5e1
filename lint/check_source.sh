#!/usr/bin/env bash
# check_source.sh
#
# Runs the source rules over the whole tree.
#
#   check_source.sh ROOT PROGRAM

set -euo pipefail
root=$1 program=$2
"$root/lint/list_files.sh" "$root" .h .cc .md | "$program" "$root"
