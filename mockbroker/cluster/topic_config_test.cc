// topic_config_test.cc
//
// Which topic names and settings Kafka takes, and which it refuses.
#include "mockbroker/cluster/topic_config.h"

#include <gtest/gtest.h>

#include <vector>

namespace rookery::mock {
namespace {

TEST(TopicName, FollowsKafkasRules) {
  for (const std::string good : {"a", "orders.v1", "A-b_c.9", "...", "__x"}) {
    EXPECT_TRUE(validate_topic_name(good)) << good;
  }
  EXPECT_TRUE(validate_topic_name(std::string(249, 'x')));
  for (const std::string bad : {"", ".", "..", "a b", "a/b", "a:b", "größe", "a\n"}) {
    const Status status = validate_topic_name(bad);
    ASSERT_FALSE(status) << bad;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidTopic);
  }
  EXPECT_FALSE(validate_topic_name(std::string(250, 'x')));
}

TEST(TopicName, DotsAndUnderscoresCollide) {
  EXPECT_TRUE(topic_names_collide("a.b", "a_b"));
  EXPECT_FALSE(topic_names_collide("a.b", "a.b"));
  EXPECT_FALSE(topic_names_collide("a.b", "a-b"));
  EXPECT_FALSE(topic_names_collide("a.b", "a_b_"));
}

TEST(TopicConfig, ReadsWhatItUses) {
  const auto config = parse_topic_config({{"cleanup.policy", "compact,delete"},
                                          {"retention.ms", "5000"},
                                          {"retention.bytes", "-1"},
                                          {"max.message.bytes", "100"},
                                          {"message.timestamp.type", "LogAppendTime"},
                                          {"message.timestamp.before.max.ms", "7"},
                                          {"message.timestamp.after.max.ms", "8"},
                                          {"min.insync.replicas", "2"},
                                          {"delete.retention.ms", "9"},
                                          {"min.compaction.lag.ms", "10"},
                                          {"min.cleanable.dirty.ratio", "0.1"},
                                          {"compression.type", "zstd"}});
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_TRUE(config->is_compacting);
  EXPECT_TRUE(config->is_deleting);
  EXPECT_EQ(config->retention_ms, 5000);
  EXPECT_EQ(config->retention_bytes, -1);
  EXPECT_EQ(config->max_message_bytes, 100);
  EXPECT_TRUE(config->has_log_append_time);
  EXPECT_EQ(config->timestamp_before_max_ms, 7);
  EXPECT_EQ(config->timestamp_after_max_ms, 8);
  EXPECT_EQ(config->min_insync_replicas, 2);
  EXPECT_EQ(config->delete_retention_ms, 9);
  EXPECT_EQ(config->min_compaction_lag_ms, 10);
  EXPECT_FALSE(parse_topic_config({{"cleanup.policy", "compact"}})->is_deleting);
}

TEST(TopicConfig, RefusesTheRest) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"cleanup.policy", "keep"},
      {"cleanup.policy", ""},
      {"cleanup.policy", "compact,"},
      {"retention.ms", "-2"},
      {"retention.ms", "soon"},
      {"retention.ms", "5s"},
      {"retention.ms", ""},
      {"retention.ms", "9223372036854775808"},
      {"max.message.bytes", "-1"},
      {"max.message.bytes", "2147483648"},
      {"min.insync.replicas", "0"},
      {"message.timestamp.type", "createtime"},
      {"compression.type", "rar"},
      {"min.cleanable.dirty.ratio", "1.1"},
      {"min.cleanable.dirty.ratio", "half"},
      {"preallocate", "yes"},
      {"retention.hours", "1"}};
  for (const auto& [name, value] : wrong) {
    const auto config = parse_topic_config({{name, value}});
    ASSERT_FALSE(config) << name << "=" << value;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalidConfig);
    EXPECT_NE(config.error().message.find(name), std::string::npos) << config.error().message;
  }
}

}  // namespace
}  // namespace rookery::mock
