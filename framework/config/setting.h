// setting.h
//
// What can be configured without changing the program: a name, a type, a default, a sentence, and
// how it is written into the options that hold it and read from them. What code means (consumers,
// orderings, filters, marking, dead letters, segments) is not among it.
#pragma once

#include <rookery/base/result.h>
#include <rookery/instrumentation/log.h>
#include <rookery/routing/app.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

template <class Options>
struct Setting {
  std::string name;  // "max_records", "retry_backoff.first"
  std::string
      type;  // "duration", "count", "bytes", "text", "names", or its words: "earliest|latest"
  std::string default_value;  // as it would be written
  std::string help;           // one sentence
  // Error: kInvalidArgument, naming the text.
  std::function<Status(Options&, const std::string& text)> set;
  // As it would be written; none: it is left to the outer one, or to the default.
  std::function<std::optional<std::string>(const Options&)> get;
};

// Of the program that runs a server, not of its routes.
struct ProgramOptions {
  std::optional<int> health_port = {};
  std::optional<std::string> health_address = {};
  std::optional<Duration> polling_ttl = {};
  std::optional<Duration> consuming_ttl = {};
  std::optional<LogLevel> log_level = {};
  std::optional<LogFormat> log_format = {};
  std::optional<std::size_t> log_similar_errors = {};
  std::optional<std::string> otlp_endpoint = {};
  std::optional<std::size_t> otlp_sample_one_in = {};
  // Names of the routes; none: all are included, none excluded.
  std::optional<std::vector<std::string>> include_groups = {};
  std::optional<std::vector<std::string>> exclude_groups = {};
  std::optional<std::vector<std::string>> include_topics = {};
  std::optional<std::vector<std::string>> exclude_topics = {};
};

// In the order in which they are told.
const std::vector<Setting<ProgramOptions>>& program_settings();
const std::vector<Setting<AppOptions>>& app_settings();
const std::vector<Setting<GroupOptions>>& group_settings();
const std::vector<Setting<TopicOptions>>& topic_settings();

}  // namespace rookery
