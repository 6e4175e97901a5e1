# kafka_setup.sh
#
# The part of kafka.sh that makes a cluster before it is started: jars, settings, formatted storage.
# To be sourced by it; $version, $cache and $state are its own.
#
# Each broker has two listeners for clients: one that asks nothing, and one that asks for SASL SCRAM.
# The user and the password are known to everybody: the brokers listen on loopback only.
# shellcheck shell=bash disable=SC2154

scram_mechanism=SCRAM-SHA-256
scram_user=rookery
scram_password=rookery-secret

fetch() {
  [[ -e $cache/complete ]] && return
  command -v mvn >/dev/null || fail "Maven is missing: run ./rookery kafka up, which installs it"
  echo "kafka: fetching Apache Kafka $version with Maven" >&2
  mkdir -p "$cache"
  local work
  work=$(mktemp -d)
  cat >"$work/pom.xml" <<EOF
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>rookery</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>$log4j_version</version>
    </dependency>
    <!-- Kafka 3 calls log4j 1 by name. -->
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-1.2-api</artifactId>
      <version>$log4j_version</version>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin>
        <groupId>org.apache.maven.plugins</groupId>
        <artifactId>maven-dependency-plugin</artifactId>
        <version>3.6.1</version>
      </plugin>
    </plugins>
  </build>
</project>
EOF
  # Strict checksums: a damaged jar is an error here, not a riddle later.
  if ! mvn -B -q -C -Dstyle.color=never -f "$work/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$work/libs" >"$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    rm -rf "$work"
    fail "Maven could not fetch Apache Kafka"
  fi
  rm -rf "$cache/libs"
  mv "$work/libs" "$cache/libs"
  rm -rf "$work"
  touch "$cache/complete"
}

is_port_free() { ! (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Ports are looked for below the range from which the kernel gives ports to clients.
free_port() {
  local port=$1
  while ! is_port_free "$port"; do port=$((port + 1)); done
  echo "$port"
}

configure() {
  local nodes=$1 node port=19092
  local -a client controller sasl
  for ((node = 1; node <= nodes; node++)); do
    port=$(free_port "$port") && client[node]=$port && port=$((port + 1))
    port=$(free_port "$port") && controller[node]=$port && port=$((port + 1))
    port=$(free_port "$port") && sasl[node]=$port && port=$((port + 1))
  done
  local voters=""
  for ((node = 1; node <= nodes; node++)); do
    voters+="${voters:+,}$node@127.0.0.1:${controller[node]}"
  done
  local in_sync=$((nodes > 1 ? 2 : 1))
  : >"$state/bootstrap"
  : >"$state/bootstrap-sasl"
  for ((node = 1; node <= nodes; node++)); do
    local dir
    dir=$(node_dir "$node")
    mkdir -p "$dir"
    echo "127.0.0.1:${client[node]}" >>"$state/bootstrap"
    echo "127.0.0.1:${sasl[node]}" >>"$state/bootstrap-sasl"
    cat >"$dir/server.properties" <<EOF
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
controller.listener.names=CONTROLLER
listeners=CLIENT://127.0.0.1:${client[node]},SASL://127.0.0.1:${sasl[node]},CONTROLLER://127.0.0.1:${controller[node]}
advertised.listeners=CLIENT://127.0.0.1:${client[node]},SASL://127.0.0.1:${sasl[node]}
listener.security.protocol.map=CLIENT:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
listener.name.sasl.sasl.enabled.mechanisms=$scram_mechanism
listener.name.sasl.${scram_mechanism,,}.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs=$dir/data
# Nothing appears by itself: a test that names a wrong topic must hear of it.
auto.create.topics.enable=false
default.replication.factor=$nodes
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$nodes
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=$nodes
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=5
# Tests make groups by the hundred, with short sessions.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
message.max.bytes=4194304
replica.fetch.max.bytes=4194304
# Records carry the timestamps of the tests: none may expire.
log.retention.ms=-1
log.cleaner.dedupe.buffer.size=16777216
# A killed node may register again after this, not after nine seconds.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
# Access control lists are kept, and keep nobody out unless they say so: everybody is a super user here.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:$scram_user
allow.everyone.if.no.acl.found=true
num.network.threads=2
num.io.threads=4
EOF
    cat >"$dir/log4j2.properties" <<EOF
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
EOF
  done
}

format() {
  local nodes=$1 node failed=0
  local -a running
  for ((node = 1; node <= nodes; node++)); do
    java -Xmx128m -XX:TieredStopAtLevel=1 -cp "$cache/libs/*" kafka.tools.StorageTool format \
      -t Um9va2VyeUthZmthVGVzdA -c "$(node_dir "$node")/server.properties" \
      --add-scram "$scram_mechanism=[name=$scram_user,password=$scram_password]" \
      >"$(node_dir "$node")/format.log" 2>&1 &
    running[node]=$!
  done
  for ((node = 1; node <= nodes; node++)); do
    wait "${running[node]}" || failed=$node
  done
  if ((failed)); then
    tail -n 5 "$(node_dir "$failed")/format.log" >&2
    fail "the storage of node $failed could not be formatted"
  fi
}

# How a client connects to the listener that asks who it is: librdkafka's settings, one a line.
sasl_settings() {
  cat <<EOF
bootstrap.servers=$(paste -sd, "$state/bootstrap-sasl")
security.protocol=SASL_PLAINTEXT
sasl.mechanism=$scram_mechanism
sasl.username=$scram_user
sasl.password=$scram_password
EOF
}
