#!/usr/bin/env bash
# line_words_test.sh
#
# What every word has in common, and those that need no broker: help, mistakes, info, completion, and
# which routes a server runs.

set -uo pipefail
program=$1
work=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'FAILED %s\n' "$1"
  tail -n 100 "$work"/* 2>/dev/null
  exit 1
}
says() { grep -q -- "$2" "$work/$1" || fail "$1 does not say: $2"; }
# fails_with TEXT COMMAND...: one line on standard error, nothing else, exit code 1
fails_with() {
  local text=$1
  shift
  timeout 60 "$@" >"$work/out" 2>"$work/err" </dev/null
  [[ $? == 1 ]] || fail "exit code of: $*"
  [[ $(wc -l <"$work/err") == 1 && ! -s $work/out ]] || fail "not one line of error: $*"
  grep -qF -- "$text" "$work/err" || fail "does not say '$text': $*"
}

# Help without an argument; a group of words tells its own.
"$program" >"$work/help" || fail "no argument"
for word in server routes topics groups read dlq segments config info health simulate completion; do
  says help "^  $word "
done
for group in topics groups dlq segments config; do
  "$program" "$group" >"$work/group" || fail "$group alone"
  says group '^Subcommands:'
  "$program" "$group" help >"$work/group-help" || fail "$group help"
  cmp -s "$work/group" "$work/group-help" || fail "$group help is another than that of $group"
done

fails_with "unknown word 'servr': did you mean server?" "$program" servr
fails_with "unknown word 'frobnicate'; try --help" "$program" frobnicate
fails_with "dlq: unknown word 'shwo': did you mean show?" "$program" dlq shwo
fails_with "unknown option '--borkers': did you mean --brokers?" "$program" server --borkers x
fails_with "'xml' is neither text nor json" "$program" routes --format xml
fails_with "is none of TOPIC" "$program" read orders@x --brokers 127.0.0.1:1
fails_with "no broker named" "$program" read orders.v1

# Which routes run.
fails_with "--include-groups: include_groups: no route has the group 'idel': did you mean idle?" \
  "$program" server --brokers 127.0.0.1:1 --include-groups idel
fails_with "leave no route to run" \
  "$program" server --brokers 127.0.0.1:1 --exclude-topics orders.v1
fails_with "leave no route to run" \
  env ROOKERY_EXCLUDE_GROUPS=idle "$program" server --brokers 127.0.0.1:1
printf 'exclude_topics: [orders.v1]\n' >"$work/no-routes.yaml"
fails_with "leave no route to run" \
  "$program" server --brokers 127.0.0.1:1 --config "$work/no-routes.yaml"

# Info: without a broker, and with one that is not there.
"$program" info >"$work/info" 2>&1 || fail "info"
says info '^rookery  *[0-9]*\.[0-9]*\.[0-9]*$'
says info '^librdkafka  *[0-9.]* (.*ssl'
says info '^routes  *1 route in 1 group$'
says info '^brokers  *none named'
"$program" info --brokers 127.0.0.1:1 --kafka sasl.password=hunter2 --kafka security.protocol=ssl \
  --format json >"$work/json" 2>"$work/err" || fail "info of a cluster that is away"
says json '"brokers": "127.0.0.1:1"'
says json '"security_protocol": "ssl"'
says json '"cluster": null'
grep -q '"cluster_error": null' "$work/json" && fail "nobody answers, and nothing is said"
grep -q hunter2 "$work/json" "$work/err" && fail "a secret is shown"

# Completion, loaded and asked as bash does.
"$program" completion bash >"$work/bash" || fail "completion bash"
name=$(basename "$program")
# completes WORDS... -> COMPREPLY, a blank between
completes() {
  COMP_WORDS=("$name" "$@")
  COMP_CWORD=$(($# ))
  COMPREPLY=()
  "$(complete -p "$name" | sed 's/.*-F \([^ ]*\) .*/\1/')"
  completed="${COMPREPLY[*]}"
}
# shellcheck disable=SC1091 # made just now
source "$work/bash" || fail "bash does not load it"
expect() { [[ $completed == "$1" ]] || fail "completed to '$completed', not '$1'"; }
completes dlq sh && expect show
completes dlq list --form && expect --format
completes dlq list --format "" && expect "text json"
completes dlq list --format j && expect json
completes comp && expect completion
completes completion && expect completion
completes --he && expect --help
completes read --fol && expect --follow
for shell in zsh fish; do
  "$program" completion "$shell" >"$work/$shell" || fail "completion $shell"
  says "$shell" 'redrive'
  says "$shell" 'include-groups'
done
says zsh "^#compdef $name$"
says zsh "^    ' dlq list')$"
says fish "^complete -c $name -n '.* \"\"' -a server -d "
says fish ' " topics health".* -l topics .* -r -F$'
says fish " \" topics health\"' -l format .* -x -a 'text json'$"
# In the shells themselves, where they are.
if command -v fish >/dev/null; then
  # fish_completes LINE EXPECTED: the first words of what fish offers
  fish_completes() {
    HOME="$work" fish -c "source $work/fish; complete -C '$name $1'" | cut -f 1 | sort >"$work/offered"
    [[ $(tr '\n' ' ' <"$work/offered") == "$2 " ]] || fail "fish completes '$1'"
  }
  fish_completes 'topics hea' health
  fish_completes 'health --' '--address --format --help --port --ready'
  fish_completes 'topics health --' '--brokers --config --format --help --kafka --topics'
  fish_completes 'dlq list --format ' 'json text'
fi
if command -v zsh >/dev/null; then
  zsh -n "$work/zsh" || fail "zsh does not load it"
fi
fails_with "csh" "$program" completion csh
echo passed
