#!/usr/bin/env bash
# kafka_ctl_test.sh
#
# What tests do to a real broker: stop and start it, kill it, freeze it. It is left as it was found.

set -uo pipefail
: "${ROOKERY_KAFKA_CTL:?}" "${ROOKERY_KAFKA_BROKERS:?}"
failures=0

expect() {
  local what=$1
  shift
  "$@" || { echo "FAILED $what"; failures=$((failures + 1)); }
}

ctl() { "$ROOKERY_KAFKA_CTL" "$@"; }
says() { grep -qE "$1" <<<"$(ctl status)"; }

expect "up" says "^bootstrap.servers ${ROOKERY_KAFKA_BROKERS}$"
expect "running" says '^node 1 pid [0-9]+$'
expect "pause" ctl pause 1
expect "paused" says '^node 1 pid [0-9]+ paused$'
expect "resume" ctl resume 1
expect "resumed" says '^node 1 pid [0-9]+$'
expect "kill" ctl kill-node 1
expect "killed" says '^node 1 down$'
expect "start" ctl start-node 1
expect "running again" says '^node 1 pid [0-9]+$'
expect "restart" ctl restart-node 1
expect "running still" says '^node 1 pid [0-9]+$'
if ctl kill-node 9 2>/dev/null; then
  echo "FAILED there is no node 9"
  failures=$((failures + 1))
fi
exit $((failures > 0))
