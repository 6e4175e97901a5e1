#!/usr/bin/env bash
# check_format.sh
#
# Checks that every C++ source is as clang-format would write it. To repair one: clang-format -i FILE.
#
#   check_format.sh ROOT

set -euo pipefail
root=$1
if ! command -v clang-format >/dev/null; then
  echo "clang-format is missing: ./rookery setup installs it" >&2
  exit 2
fi
cd "$root"
mapfile -t files < <("$root/lint/list_files.sh" "$root" .h .cc)
if ((${#files[@]} == 0)); then
  echo "there is nothing to check in $root" >&2
  exit 2
fi
# One line a file is enough to act on.
report=$(printf '%s\0' "${files[@]}" | xargs -0 clang-format --dry-run -Werror 2>&1) || {
  grep -E '^[^ ]+:[0-9]+:[0-9]+: error' <<<"$report" | cut -d: -f1,2 | sort -t: -k1,1 -u |
    sed 's|^\([^:]*\):\([0-9]*\)$|\1:\2: format: run clang-format -i \1|'
  exit 1
}
echo "${#files[@]} files are formatted"
