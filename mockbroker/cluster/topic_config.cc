// topic_config.cc
//
// A table of Kafka's topic settings with the values they take.
#include "mockbroker/cluster/topic_config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <span>
#include <vector>

namespace rookery::mock {
namespace {

constexpr std::int64_t kMaxInt = INT32_MAX;
constexpr std::int64_t kMaxLong = INT64_MAX;

struct Number {
  std::string_view name;
  std::int64_t least;
  std::int64_t greatest;
  std::int64_t otherwise;  // the default, Kafka's but for retention.ms
};
constexpr Number kNumbers[] = {
    {"delete.retention.ms", 0, kMaxLong, 86'400'000},
    {"file.delete.delay.ms", 0, kMaxLong, 60'000},
    {"flush.messages", 1, kMaxLong, kMaxLong},
    {"flush.ms", 0, kMaxLong, kMaxLong},
    {"index.interval.bytes", 0, kMaxInt, 4'096},
    {"local.retention.bytes", -2, kMaxLong, -2},
    {"local.retention.ms", -2, kMaxLong, -2},
    {"max.compaction.lag.ms", 1, kMaxLong, kMaxLong},
    {"max.message.bytes", 0, kMaxInt, 1'048'588},
    {"message.timestamp.after.max.ms", 0, kMaxLong, 3'600'000},
    {"message.timestamp.before.max.ms", 0, kMaxLong, kMaxLong},
    {"min.compaction.lag.ms", 0, kMaxLong, 0},
    {"min.insync.replicas", 1, kMaxInt, 1},
    {"retention.bytes", -1, kMaxLong, -1},
    {"retention.ms", -1, kMaxLong, -1},
    {"segment.bytes", 14, kMaxInt, 1'073'741'824},
    {"segment.index.bytes", 4, kMaxInt, 10'485'760},
    {"segment.jitter.ms", 0, kMaxLong, 0},
    {"segment.ms", 1, kMaxLong, 604'800'000},
};

struct Word {
  std::string_view name;
  std::vector<std::string_view> words;
  std::string_view otherwise;
};
std::span<const Word> words() {
  static const std::vector<Word> kWords = {
      {"compression.type",
       {"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"},
       "producer"},
      {"message.timestamp.type", {"CreateTime", "LogAppendTime"}, "CreateTime"},
      {"preallocate", {"true", "false"}, "false"},
      {"unclean.leader.election.enable", {"true", "false"}, "false"},
  };
  return kWords;
}

constexpr std::string_view kRatio = "min.cleanable.dirty.ratio";
constexpr std::string_view kPolicy = "cleanup.policy";

tl::unexpected<Error> refuse(std::string_view name, std::string_view value,
                             const std::string& why) {
  return fail(ErrorCode::kInvalidConfig, "Invalid value " + std::string(value) +
                                             " for configuration " + std::string(name) + ": " +
                                             why);
}

Result<std::int64_t> read_number(const Number& rule, std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    return refuse(rule.name, value, "not a number");
  }
  if (number < rule.least) {
    return refuse(rule.name, value, "Value must be at least " + std::to_string(rule.least));
  }
  if (number > rule.greatest) {
    return refuse(rule.name, value, "Value must be no more than " + std::to_string(rule.greatest));
  }
  return number;
}

void apply(TopicConfig& config, std::string_view name, std::int64_t number) {
  if (name == "retention.ms") config.retention_ms = number;
  if (name == "retention.bytes") config.retention_bytes = number;
  if (name == "max.message.bytes") config.max_message_bytes = number;
  if (name == "message.timestamp.before.max.ms") config.timestamp_before_max_ms = number;
  if (name == "message.timestamp.after.max.ms") config.timestamp_after_max_ms = number;
  if (name == "min.insync.replicas") config.min_insync_replicas = static_cast<std::int32_t>(number);
  if (name == "flush.ms") config.flush_ms = number;
  if (name == "flush.messages") config.flush_messages = number;
  if (name == "delete.retention.ms") config.delete_retention_ms = number;
  if (name == "min.compaction.lag.ms") config.min_compaction_lag_ms = number;
}

Status read_policy(TopicConfig& config, std::string_view value) {
  config.is_deleting = config.is_compacting = false;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    std::string_view policy = value.substr(at, comma - at);
    while (policy.starts_with(' ')) policy.remove_prefix(1);
    while (policy.ends_with(' ')) policy.remove_suffix(1);
    if (policy == "delete") {
      config.is_deleting = true;
    } else if (policy == "compact") {
      config.is_compacting = true;
    } else {
      return refuse(kPolicy, value, "String must be one of: compact, delete");
    }
    at = comma + 1;
  }
  return {};
}

Status read_setting(TopicConfig& config, const std::string& name, const std::string& value) {
  if (name == kPolicy) return read_policy(config, value);
  for (const Number& rule : kNumbers) {
    if (name != rule.name) continue;
    const auto number = read_number(rule, value);
    if (!number) return fail(number.error());
    apply(config, name, *number);
    return {};
  }
  for (const Word& rule : words()) {
    if (name != rule.name) continue;
    if (std::find(rule.words.begin(), rule.words.end(), value) == rule.words.end()) {
      std::string known;
      for (const auto word : rule.words) known.append(known.empty() ? "" : ", ").append(word);
      return refuse(name, value, "String must be one of: " + known);
    }
    if (name == "message.timestamp.type") config.has_log_append_time = value == "LogAppendTime";
    if (name == "unclean.leader.election.enable") config.has_unclean_election = value == "true";
    return {};
  }
  if (name == kRatio) {  // checked only: nothing here depends on it
    char* end = nullptr;
    const double ratio = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0') return refuse(name, value, "not a number");
    if (!(ratio >= 0 && ratio <= 1)) return refuse(name, value, "Value must be between 0 and 1");
    return {};
  }
  return fail(ErrorCode::kInvalidConfig, "Unknown topic config name: " + name);
}

}  // namespace

std::map<std::string, std::string> topic_config_defaults() {
  std::map<std::string, std::string> all = {{std::string(kRatio), "0.5"},
                                            {std::string(kPolicy), "delete"}};
  for (const Number& rule : kNumbers) all.emplace(rule.name, std::to_string(rule.otherwise));
  for (const Word& rule : words()) all.emplace(rule.name, rule.otherwise);
  return all;
}

Result<TopicConfig> parse_topic_config(const std::map<std::string, std::string>& settings) {
  TopicConfig config;
  for (const auto& [name, value] : settings) {
    if (const Status read = read_setting(config, name, value); !read) return fail(read.error());
  }
  return config;
}

Status validate_topic_name(std::string_view name) {
  const auto refuse_name = [name](const std::string& why) {
    return fail(ErrorCode::kInvalidTopic,
                "Topic name is invalid: '" + std::string(name) + "' " + why);
  };
  if (name.empty())
    return fail(ErrorCode::kInvalidTopic, "Topic name is invalid: the empty string is not allowed");
  if (name == "." || name == "..") return refuse_name("is not allowed");
  if (name.size() > 249) return refuse_name("is longer than 249 characters");
  for (const char c : name) {
    const bool is_legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!is_legal) {
      return refuse_name(
          "contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'");
    }
  }
  return {};
}

bool topic_names_collide(std::string_view one, std::string_view other) {
  const auto written = [](char c) { return c == '.' ? '_' : c; };
  return one != other && std::equal(one.begin(), one.end(), other.begin(), other.end(),
                                    [&](char a, char b) { return written(a) == written(b); });
}

}  // namespace rookery::mock
