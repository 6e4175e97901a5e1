#!/usr/bin/env bash
# install.sh
#
# Copies stages (install.bzl) over a prefix, and takes away what an earlier installation left there.
#
#   install.sh check PREFIX             one line of error if nothing can be written there
#   install.sh lay PREFIX STAGE...      DESTDIR, if set, stands in front of PREFIX
#   install.sh remove PREFIX
#
# share/rookery/manifest lists the files, so that a second installation leaves none of the first behind.

set -euo pipefail
export LC_ALL=C

fail() {
  echo "rookery: $*" >&2
  exit 1
}

word=$1 prefix=${DESTDIR:-}$2
shift 2
manifest=$prefix/share/rookery/manifest

check() {
  local trouble
  trouble=$(LC_ALL=C mkdir -p "$prefix" 2>&1) || fail "cannot install to $prefix: ${trouble#mkdir: }"
  [[ -w $prefix ]] || fail "cannot install to $prefix: it cannot be written to"
}

# remove_files removes the files on standard input, and the folders that are empty then.
remove_files() {
  local file folder
  while IFS= read -r file; do
    rm -f "$prefix/$file"
    folder=$(dirname "$file")
    while [[ $folder != . ]] && rmdir "$prefix/$folder" 2>/dev/null; do folder=$(dirname "$folder"); done
  done
}

lay() {
  local stage new
  new=$(mktemp)
  for stage in "$@"; do (cd "$stage" && find -L . -type f -printf '%P\n'); done | sort >"$new"
  [[ ! -e $manifest ]] || comm -23 "$manifest" "$new" | remove_files
  for stage in "$@"; do
    (cd "$stage" && find -L . -type f -printf '%P\n') | while IFS= read -r file; do
      install -D -m 644 "$stage/$file" "$prefix/$file"
    done
  done
  install -D -m 644 "$new" "$manifest"
  rm -f "$new"
}

case $word in
  check) check ;;
  lay) check && lay "$@" ;;
  remove)
    [[ -e $manifest ]] || fail "nothing of Rookery's is installed in $prefix: $manifest is missing"
    check
    files=$(cat "$manifest")
    printf '%s\nshare/rookery/manifest\n' "$files" | remove_files
    ;;
esac
