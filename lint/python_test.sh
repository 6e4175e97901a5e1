#!/usr/bin/env bash
# python_test.sh
#
# Runs a test in Debian's Python, which is where python3-jsonschema is, in a folder of its own.
#
#   python_test.sh SCRIPT FILES AND WORDS...

set -euo pipefail
words=()
for word in "$@"; do
  if [[ -f $word ]]; then word=$(readlink -f "$word"); fi
  words+=("$word")
done
cd "$TEST_TMPDIR"
exec /usr/bin/python3 "${words[@]}"
