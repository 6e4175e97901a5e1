#!/usr/bin/env bash
# kafka_logs_test.sh
#
# The linter on logs of real brokers: this project's allow-list explains a hard day whole, with no
# entry too many, and nothing of what a client must never cause.
#
#   kafka_logs_test.sh ROOKERY_LINT ALLOW_LIST HARD_DAY GARBAGE

set -uo pipefail
program=$1 allow=$2 hard_day=$3 garbage=$4
failures=0

# The entries are judged on this day here; .ci/run, on real logs, judges them on its own.
lint() { "$program" logs --allow "$allow" --today 2026-11-26 "$@"; }

lint "$hard_day" || failures=$((failures + 1))

report=$(lint --partial "$garbage")
says() {
  grep -qF "$1" <<<"$report" || { echo "FAILED to say: $1"; failures=$((failures + 1)); }
}
says "kafka-garbage.log:2: log-warn: "
says "org.apache.kafka.common.network.InvalidReceiveException: Invalid receive (size = 1195725856 larger"
says "Closing socket for 127.0.0.1:19092-127.0.0.1:39104-1-1 because of error (kafka.network.Processor)"
says "caused by java.lang.IllegalArgumentException: Unexpected api key: 9999; 10 lines below it"
says "logs: 4 findings"

# A planted line is told, with its place.
planted=$(mktemp)
{ cat "$hard_day" && echo "[2026-11-26 14:00:00,000] ERROR planted (kafka.log.LogManager)"; } >"$planted"
report=$(lint "$planted") && failures=$((failures + 1))
says "$planted:$(wc -l <"$planted"): log-error: planted (kafka.log.LogManager)"
says "logs: 1 finding"
rm -f "$planted"
((failures == 0)) || printf '%s\n' "$report"
exit $((failures > 0))
