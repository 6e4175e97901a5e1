#!/usr/bin/env bash
# formats_test.sh
#
# formats.md has a row with the version of each format, as its source has it.
#
#   formats_test.sh PAGE COMMIT_METADATA_CC DEAD_LETTER_CC

set -uo pipefail
page=$1
failures=0

# expect SOURCE CONSTANT PATTERN wants a row with the constant's version; PATTERN's group is the version.
expect() {
  local version
  version=$(sed -nE "s/.*$2 = $3.*/\\1/p" "$1")
  if [[ -z $version ]] || ! grep -qF "| $version, \`$2\` in \`$1\` |" "$page"; then
    echo "FAILED $page has no row with version '$version' for $2 in $1"
    failures=1
  fi
}

expect "$2" kPrefix '"rookery:([0-9]+):"'
expect "$3" kDeadLetterSchema '([0-9]+);'
exit "$failures"
