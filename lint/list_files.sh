#!/usr/bin/env bash
# list_files.sh
#
# Prints the project's files that end in one of the given suffixes, relative to the root: those git
# knows and new ones, or, without a repository, all but hidden folders and Bazel's links.
#
#   list_files.sh ROOT .h .cc

set -euo pipefail
cd "$1"
shift
if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
  git ls-files --cached --others --exclude-standard
else
  find . -name '.?*' -prune -o -name 'bazel-*' -prune -o -type f -print | sed 's|^\./||'
fi | LC_ALL=C sort | while read -r file; do
  for suffix in "$@"; do
    # A file deleted but not yet committed is still listed by git.
    if [[ $file == *"$suffix" && -e $file ]]; then echo "$file"; fi
  done
done
