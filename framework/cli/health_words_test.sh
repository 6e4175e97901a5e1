#!/usr/bin/env bash
# health_words_test.sh
#
# A server without any broker is alive and ready: probes say so, and the health command. Told to
# stop it ends, and nobody answers any more.

set -uo pipefail
program=$1
work=$(mktemp -d -p "${TEST_TMPDIR:-/tmp}")
server=0
trap '((server == 0)) || kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT

fail() {
  printf 'FAILED %s\n' "$1"
  cat "$work"/* 2>/dev/null
  exit 1
}
says() { grep -q -- "$2" "$work/$1" || fail "$1 does not say: $2"; }

"$program" health --port 1 >"$work/nobody" 2>&1 && fail "nobody is healthy at port 1"
says nobody '^error: nobody answers at 127.0.0.1:1 .*--health-port?$'
[[ $(wc -l <"$work/nobody") == 1 ]] || fail "more than one line"

# A port that is free now may be taken a moment later: then the server says so, and another is tried.
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  port=$((20000 + RANDOM % 10000))
  "$program" server --brokers 127.0.0.1:1 --health-address 127.0.0.1 --health-port "$port" \
    >"$work/server" 2>&1 &
  server=$!
  until "$program" health --port "$port" --format json >"$work/live" 2>/dev/null; do
    kill -0 "$server" 2>/dev/null || { server=0 && break; }
  done
  ((server == 0)) || break
  says server "^error: health: cannot listen on 127.0.0.1:$port: Address already in use$"
done
((server != 0)) || fail "no port was free"

says live "^{\"status\":\"healthy\",\"timestamp\":[0-9]*,\"port\":$port,\"process_id\":$server,\"errors\":{\"polling_ttl_exceeded\":false,\"consumption_ttl_exceeded\":false,\"unrecoverable\":false}}$"
"$program" health --port "$port" >"$work/text" 2>&1 || fail "alive in JSON alone"
says text "^alive: process $server at 127.0.0.1:$port$"
until "$program" health --port "$port" --ready >"$work/ready" 2>&1; do
  kill -0 "$server" 2>/dev/null || fail "the server ended before it was ready"
done
says ready "^ready: process $server at "

# The port of another.
"$program" server --brokers 127.0.0.1:1 --health-address 127.0.0.1 --health-port "$port" \
  >"$work/second" 2>&1 && fail "two servers on one port"
says second "^error: health: cannot listen on 127.0.0.1:$port: Address already in use$"

"$program" server --brokers 127.0.0.1:1 --health-port 70000 >"$work/wrong" 2>&1 &&
  fail "a port of 70000"
says wrong '^error: --health-port: .*70000'

kill -TERM "$server"
wait "$server"
code=$?
server=0
((code == 0)) || fail "the server ended with exit code $code"
"$program" health --port "$port" >"$work/gone" 2>&1 && fail "somebody answers when the server is gone"
says gone '^error: nobody answers'
echo passed
