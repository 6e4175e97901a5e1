// options.h
//
// How a cluster is set up. Each option names the broker's setting it stands for; defaults are
// Kafka's unless it says otherwise.
#pragma once

#include "mockbroker/protocol/protocol.h"

#include <cstddef>
#include <cstdint>

namespace rookery::mock {

struct ClusterOptions {
  // Their ids run from 0.
  int nodes = 1;

  // num.partitions, for a topic created with -1 partitions.
  std::int32_t default_partitions = 1;
  // default.replication.factor, for a topic created with -1: as many as there are nodes, if they
  // are fewer. Kafka: 1.
  std::int16_t default_replication_factor = 3;
  // message.max.bytes: the largest block of records, as wire_size() counts it.
  std::size_t message_max_bytes = 1'048'588;
  // producer.id.expiration.ms: a producer's sequence numbers are forgotten when it has not written
  // for so long.
  Milliseconds producer_id_expiration{86'400'000};

  // log.retention.check.interval.ms: how often retention is enforced where a topic states one.
  Milliseconds retention_check_interval{300'000};
  // How often topics with cleanup.policy=compact are compacted when enough of them is dirty; 0:
  // only when told to. Kafka: 15 s, but it leaves the active segment alone, so that small topics
  // never are.
  Milliseconds compaction_interval{0};

  // offset.metadata.max.bytes.
  std::size_t offset_metadata_max_bytes = 4096;
  // offsets.retention.minutes: committed offsets of a group that has been empty for so long are
  // removed.
  Milliseconds offsets_retention{std::int64_t{7} * 86'400'000};
  // group.min.session.timeout.ms, group.max.session.timeout.ms.
  Milliseconds group_min_session_timeout{6'000};
  Milliseconds group_max_session_timeout{1'800'000};
  // group.initial.rebalance.delay.ms: how long an empty group's first rebalance waits for more
  // members. Kafka: 3 s.
  Milliseconds group_initial_rebalance_delay{0};
  // How long a member that waits in its first rebalance may be silent (a constant of Kafka's).
  Milliseconds new_member_join_timeout{300'000};

  // How long a follower's fetch takes. 0: followers have what the leader has in the same moment.
  Milliseconds replication_delay{0};
  // replica.lag.time.max.ms: a follower that has not caught up for so long is no longer in sync.
  Milliseconds replica_lag_time_max{30'000};
  // How long what was written stays in a node's memory alone (topics may say flush.ms and
  // flush.messages): it is lost with the node's power. Kafka leaves it to the operating system.
  Milliseconds flush_interval{5'000};

  // authorizer.class.name: without one, access control lists are SECURITY_DISABLED. With one they
  // are kept, and everybody may do everything all the same.
  bool has_authorizer = true;

  // How long after a node's crash its leaders and coordinators are moved. Kafka:
  // broker.session.timeout.ms, 9 s.
  Milliseconds failure_detection_delay{1'000};
  // leader.imbalance.check.interval.seconds: how long until leadership returns to preferred leaders
  // that are up again; 0: never.
  Milliseconds leader_rebalance_interval{300'000};
  // How long a new coordinator answers COORDINATOR_LOAD_IN_PROGRESS. Kafka: as long as it reads its
  // partition.
  Milliseconds coordinator_load_time{0};
};

}  // namespace rookery::mock
