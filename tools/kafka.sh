#!/usr/bin/env bash
# kafka.sh
#
# A real Apache Kafka on loopback, for tests and for trying things out: one or three nodes, each
# broker and KRaft controller at once. Called as `./rookery kafka ...`; needs Java 17, and Maven the
# first time. Jars are kept in the user's cache, logs and data in a temporary folder that `down`
# removes. ROOKERY_KAFKA_DIR names another folder, so that two clusters can live beside each other.

set -euo pipefail

releases='4.1.0 3.9.1'
log4j_version=2.24.3
# Bazel's tests know no HOME.
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
state="${ROOKERY_KAFKA_DIR:-${TMPDIR:-/tmp}/rookery-kafka-$(id -u)}"
self=$(readlink -f "${BASH_SOURCE[0]}")
start_seconds_max=60
stop_seconds_max=20

# use_release RELEASE sets which jars are fetched and started.
use_release() {
  version=$1
  cache="${ROOKERY_CACHE:-${XDG_CACHE_HOME:-$home/.cache}/rookery}/kafka-$version"
}
use_release "$(cat "$state/release" 2>/dev/null || echo "${releases%% *}")"

# shellcheck source=tools/kafka_setup.sh
source "${self%/*}/kafka_setup.sh"

usage() {
  cat <<EOF
usage: ./rookery kafka up [--nodes 1|3] [--release RELEASE]
                                          start a cluster; the last line is bootstrap.servers
       ./rookery kafka down               stop it and delete its data
       ./rookery kafka status             bootstrap servers and nodes; exit code 1 when it is down
       ./rookery kafka sasl               settings of a client that connects with SASL SCRAM instead
       ./rookery kafka stop-node N        stop node N in order (SIGTERM)
       ./rookery kafka kill-node N        kill node N (SIGKILL)
       ./rookery kafka start-node N       start node N again and wait until it serves
       ./rookery kafka restart-node N     stop-node, then start-node
       ./rookery kafka pause N            freeze node N (SIGSTOP)
       ./rookery kafka resume N           let it go on (SIGCONT)

Apache Kafka ${releases%% *} on Java 17, or RELEASE (one of: $releases), on loopback only. The first time it
is fetched by Maven (54 MB). Clients that connect with SASL SCRAM by a librdkafka older than 2.6.1 need
3.9.1: they send their nonce twice, which 4.x refuses.
EOF
}

fail() {
  echo "kafka: $*" >&2
  exit 1
}

node_dir() { echo "$state/node-$1"; }

node_count() { cat "$state/nodes" 2>/dev/null || echo 0; }

node_pid() { cat "$(node_dir "$1")/pid" 2>/dev/null || true; }

# A pid may have been given to somebody else since: only a Java of this folder is ours.
is_running() {
  local pid
  pid=$(node_pid "$1")
  [[ -n $pid && -r /proc/$pid/cmdline ]] &&
    tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$(node_dir "$1")/server.properties"
}

is_known() { [[ $1 =~ ^[0-9]+$ ]] && [[ -e $(node_dir "$1")/server.properties ]]; }

bootstrap() { paste -sd, "$state/bootstrap"; }

launch() {
  local dir
  dir=$(node_dir "$1")
  # Each start has its own: what a node said before it was killed is linted, too.
  if [[ -e $dir/log ]]; then mv "$dir/log" "$dir/log.$(find "$dir" -name 'log.*' | wc -l)"; fi
  # setsid: an interrupt typed at the terminal is not for the broker.
  setsid java -Xmx512m -Xms256m -XX:+UseG1GC -cp "$cache/libs/*" \
    -Dlog4j2.configurationFile="$dir/log4j2.properties" -Djava.awt.headless=true \
    kafka.Kafka "$dir/server.properties" </dev/null >"$dir/log" 2>&1 9>&- &
  echo $! >"$dir/pid"
}

# Bazel ends every process that a test has started, also those in a session of their own. So `up` leaves a
# keeper behind, and a node that is started again is started by it.
is_kept() {
  local pid
  pid=$(cat "$state/keeper" 2>/dev/null) || return 1
  [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'kafka.sh keep'
}

start_keeper() {
  is_kept && return
  rm -f "$state/starts"
  mkfifo "$state/starts"
  setsid "$self" keep </dev/null >/dev/null 2>&1 9>&- &
  echo $! >"$state/keeper"
}

keep() {
  local node
  # Open for both, so that it does not end with the first writer.
  while read -r node; do launch "$node"; done <>"$state/starts"
}

launch_again() {
  if ! is_kept; then
    launch "$1"
    return
  fi
  local dir deadline=$((SECONDS + start_seconds_max))
  dir=$(node_dir "$1")
  rm -f "$dir/pid"
  echo "$1" >"$state/starts"
  until [[ -s $dir/pid ]]; do
    ((SECONDS < deadline)) || fail "the keeper does not start node $1"
    sleep 0.05
  done
}

# A broker says that it has started only after the controller let it serve.
wait_until_serving() {
  local node=$1 dir deadline
  dir=$(node_dir "$node")
  deadline=$((SECONDS + start_seconds_max))
  until grep -q 'Kafka Server started' "$dir/log" 2>/dev/null; do
    if ! kill -0 "$(node_pid "$node")" 2>/dev/null; then
      tail -n 20 "$dir/log" >&2
      fail "node $node ended while it started; its log is $dir/log"
    fi
    ((SECONDS < deadline)) ||
      fail "node $node does not serve after $start_seconds_max s; its log is $dir/log"
    sleep 0.1
  done
}

wait_until_ended() {
  local node=$1 deadline=$((SECONDS + stop_seconds_max))
  while is_running "$node"; do
    if ((SECONDS >= deadline)); then
      kill -KILL "$(node_pid "$node")" 2>/dev/null || true
      deadline=$((SECONDS + stop_seconds_max))
    fi
    sleep 0.05
  done
}

# What the arguments of up ask for: the number of nodes and the release.
wanted() {
  local nodes=1 release=${releases%% *}
  while (($#)); do
    case $1 in
      --nodes) nodes=${2:-} && shift 2 || fail "--nodes wants 1 or 3" ;;
      --nodes=*) nodes=${1#*=} && shift ;;
      --release) release=${2:-} && shift 2 || fail "--release wants one of: $releases" ;;
      --release=*) release=${1#*=} && shift ;;
      *) fail "unknown argument of up: $1" ;;
    esac
  done
  [[ $nodes == 1 || $nodes == 3 ]] || fail "--nodes wants 1 or 3, not '$nodes'"
  [[ -n $release && " $releases " == *" $release "* ]] ||
    fail "--release wants one of: $releases, not '$release'"
  echo "$nodes $release"
}

up() {
  local nodes release
  release=$(wanted "$@") || exit 1
  nodes=${release% *} release=${release#* }
  if (($(node_count) > 0)) && [[ "$(node_count) $version" != "$nodes $release" ]]; then
    fail "a cluster of $(node_count) with Apache Kafka $version is up: ./rookery kafka down first"
  fi
  use_release "$release"
  fetch
  local node
  if (($(node_count) == 0)); then
    rm -rf "$state"
    mkdir -p "$state"
    chmod 700 "$state"
    echo "$release" >"$state/release"
    configure "$nodes"
    format "$nodes"
    echo "$nodes" >"$state/nodes"
  fi
  for ((node = 1; node <= nodes; node++)); do
    is_running "$node" || launch "$node"
  done
  start_keeper
  for ((node = 1; node <= nodes; node++)); do wait_until_serving "$node"; done
  bootstrap
}

down() {
  local node nodes
  nodes=$(node_count)
  # First, or it could start a node that is being ended.
  if is_kept; then kill "$(cat "$state/keeper")"; fi
  for ((node = 1; node <= nodes; node++)); do
    # The data goes with the cluster: an orderly end would save nothing.
    is_running "$node" && kill -KILL "$(node_pid "$node")"
  done
  for ((node = 1; node <= nodes; node++)); do wait_until_ended "$node"; done
  rm -rf "$state"
}

status() {
  local node nodes running=0
  nodes=$(node_count)
  if ((nodes == 0)); then
    echo "down"
    return 1
  fi
  echo "Apache Kafka $version"
  echo "bootstrap.servers $(bootstrap)"
  echo "with SASL: $(sasl_settings | paste -sd' ')"
  for ((node = 1; node <= nodes; node++)); do
    local pid
    pid=$(node_pid "$node")
    if ! is_running "$node"; then
      echo "node $node down"
    elif is_paused "$node"; then
      echo "node $node pid $pid paused" && running=$((running + 1))
    else
      echo "node $node pid $pid" && running=$((running + 1))
    fi
  done
  ((running > 0))
}

# All its threads: they are stopped one by one.
is_paused() {
  local -a threads
  threads=("/proc/$(node_pid "$1")/task"/*/status)
  [[ -e ${threads[0]} && -z $(grep -L '^State:[[:space:]]*T' "${threads[@]}" 2>/dev/null) ]]
}

# A signal is only on its way when kill returns: a busy machine lets the node go on for a while.
wait_until_paused() {
  local deadline=$((SECONDS + stop_seconds_max))
  until is_paused "$1"; do
    ((SECONDS < deadline)) || fail "node $1 does not stand still"
    sleep 0.01
  done
}

require_node() {
  [[ $# -eq 1 ]] || fail "which node? ./rookery kafka --help"
  is_known "$1" || fail "there is no node '$1'; $(node_count) are up"
}

require_running() {
  require_node "$@"
  is_running "$1" || fail "node $1 is not running"
}

word=${1:-help}
(($#)) && shift
for argument in "$@"; do
  [[ $argument == --help ]] && usage && exit 0
done
case $word in
  up | down)
    # Two at once would start the same node twice.
    exec 9>"$state.lock"
    flock 9
    "$word" "$@"
    ;;
  status) status ;;
  sasl)
    (($(node_count) > 0)) || fail "no cluster is up"
    sasl_settings
    ;;
  stop-node)
    require_running "$@"
    kill -TERM "$(node_pid "$1")"
    wait_until_ended "$1"
    ;;
  kill-node)
    require_running "$@"
    kill -KILL "$(node_pid "$1")"
    wait_until_ended "$1"
    ;;
  start-node)
    require_node "$@"
    is_running "$1" || launch_again "$1"
    wait_until_serving "$1"
    ;;
  restart-node)
    require_running "$@"
    kill -TERM "$(node_pid "$1")"
    wait_until_ended "$1"
    launch_again "$1"
    wait_until_serving "$1"
    ;;
  check-up) wanted "$@" >/dev/null ;;
  keep) keep ;;
  pause)
    require_running "$@"
    kill -STOP "$(node_pid "$1")"
    wait_until_paused "$1"
    ;;
  resume) require_running "$@" && kill -CONT "$(node_pid "$1")" ;;
  help | --help | -h) usage ;;
  *) fail "unknown word '$word': up, down, status, or --help" ;;
esac
