#!/usr/bin/env bash
# coming_from_test.sh
#
# Each name in the column "ours" of coming-from.md is one of the public headers or of another page.
#
#   coming_from_test.sh PAGE HEADERS_OR_PAGES...

set -uo pipefail
page=$1
shift
failures=0 names=0
while IFS= read -r name; do
  names=$((names + 1))
  grep -RqwF -- "$name" "$@" || { echo "FAILED $page: there is no $name" && failures=1; }
done < <(awk -F'|' '/^\|/ { print $3 }' "$page" | grep -o '`[^`]*`' | tr -d '`' | sort -u)
((names > 30)) || { echo "FAILED only $names names were found in $page" && failures=1; }
exit "$failures"
