// topic_config.h
//
// Names and settings of topics: which are legal, and what the cluster makes of them.
//
// Sources: Kafka's Topic.validate and TopicConfig. Settings that change nothing in memory
// (segment.bytes, compression.type ...) are checked and kept all the same.
#pragma once

#include <rookery/base/result.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rookery::mock {

struct TopicConfig {
  bool is_deleting = true;         // cleanup.policy has delete
  bool is_compacting = false;      // cleanup.policy has compact
  std::int64_t retention_ms = -1;  // -1: for ever, the default here (Kafka: 7 days)
  std::int64_t retention_bytes = -1;
  std::int64_t max_message_bytes = -1;  // -1: the cluster's
  bool has_log_append_time = false;     // message.timestamp.type
  std::int64_t timestamp_before_max_ms =
      INT64_MAX;  // how far a record's timestamp may lie behind the broker's clock
  std::int64_t timestamp_after_max_ms = 3'600'000;  // or ahead of it
  std::int32_t min_insync_replicas = 1;
  bool has_unclean_election = false;        // unclean.leader.election.enable
  std::int64_t flush_ms = -1;               // -1: the cluster's interval
  std::int64_t flush_messages = INT64_MAX;  // unflushed offsets that are written to disk at once
  std::int64_t delete_retention_ms = 86'400'000;
  std::int64_t min_compaction_lag_ms = 0;
};

// Errors: kInvalidConfig, naming the setting and its value.
Result<TopicConfig> parse_topic_config(const std::map<std::string, std::string>& settings);

// Every setting that a topic may have, with the value it has when nobody says anything.
std::map<std::string, std::string> topic_config_defaults();

// Errors: kInvalidTopic, saying which rule the name breaks.
Status validate_topic_name(std::string_view name);

// Whether two different names are one to Kafka's metrics, which write '.' as '_': it refuses the
// second.
bool topic_names_collide(std::string_view one, std::string_view other);

}  // namespace rookery::mock
