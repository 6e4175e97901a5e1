#!/usr/bin/env bash
# config_words_test.sh
#
# The config command, and what a server does with a configuration: what docs/config.md shows is
# accepted, mistakes are lines with their places, and secrets are not shown.

set -uo pipefail
program=$1
document=$2
work=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'FAILED %s\n' "$1"
  tail -n 200 "$work"/* 2>/dev/null
  exit 1
}
says() { grep -q -- "$2" "$work/$1" || fail "$1 does not say: $2"; }
# fails_with LINES COMMAND...
fails_with() {
  local lines=$1
  shift
  "$@" >"$work/out" 2>"$work/err"
  [[ $? == 1 ]] || fail "exit code of: $*"
  [[ $(wc -l <"$work/err") == "$lines" ]] || fail "not $lines lines of error: $*"
}

# The document's file, for the program at hand.
sed -n '/^A file for the program/,/^and its secret/p' "$document" | sed -n 's/^    //p' |
  sed 's/^  billing:/  idle:/' >"$work/idle.yaml"
grep -q 'max_records: 100' "$work/idle.yaml" || fail "the document has no file any more"
export ROOKERY_KAFKA__SASL_PASSWORD=hunter2
"$program" config check --config "$work/idle.yaml" >"$work/check" 2>&1 || fail "the document's file"
says check '^ok: 13 settings beside the program.s own$'
ROOKERY_CONFIG="$work/idle.yaml" "$program" config show >"$work/show" 2>&1 || fail "config show"
says show "^groups.idle.topics.orders.v1.max_records  *100  .*idle.yaml:[0-9]*$"
says show '^groups.idle.topics.orders.v1.window  *20000  '
says show '^kafka.sasl.password  *\*\*\*  *ROOKERY_KAFKA__SASL_PASSWORD$'
says show '^otlp.sample_one_in  *10  *the program$'
grep -q hunter2 "$work/show" && fail "a secret is shown"

"$program" config explain >"$work/explain" || fail "config explain"
says explain '^shutdown_timeout$'
says explain '^    duration, default 60s; ROOKERY_SHUTDOWN_TIMEOUT$\|^    duration, default 1m; ROOKERY_SHUTDOWN_TIMEOUT$'
"$program" config explain window >"$work/window" || fail "config explain window"
[[ $(wc -l <"$work/window") == 3 ]] || fail "one setting has three lines"
fails_with 1 "$program" config explain widnow
says err "^error: config explain: there is no setting with 'widnow' in its name"
"$program" config >"$work/help" 2>&1 || fail "config alone"
says help 'explain'
fails_with 1 "$program" config shwo
says err "unknown word 'shwo': did you mean show?"

# Mistakes stop whoever would work with them, all at once.
printf 'concurency: 3\nkafka: {lingr.ms: 3}\ngroups: {idle: {commit_interval: soon}}\n' >"$work/bad.yaml"
for word in "config check" server "dlq list --brokers 127.0.0.1:1"; do
  # shellcheck disable=SC2086 # words and their options
  fails_with 3 "$program" $word --config "$work/bad.yaml"
  says err '^error: .*bad.yaml:1: concurency: there is no such setting: did you mean concurrency?$'
  says err '^error: .*bad.yaml:2: kafka.lingr.ms: librdkafka has no such setting: did you mean linger.ms?$'
  says err "^error: .*bad.yaml:3: groups.idle.commit_interval: 'soon' is no duration"
done
fails_with 1 "$program" config check --config "$work/nowhere.yaml"
says err '^error: .*nowhere.yaml: No such file or directory$'
fails_with 1 "$program" server --config "$work"
says err ': Is a directory$\|: cannot be read$'
fails_with 1 "$program" server
says err '^error: no broker named: use --brokers host:port$'
fails_with 1 env ROOKERY_KAFKA__LINGER_MS=many "$program" config check
says err '^error: ROOKERY_KAFKA__LINGER_MS: kafka.linger.ms: '
echo "ok"
