// settings.cc
//
// The lists. Defaults are taken from where they are defined.
#include <rookery/base/duration.h>
#include <rookery/config/setting.h>
#include <rookery/config/values.h>
#include <rookery/health/health.h>
#include <rookery/tracing/otlp_exporter.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace rookery {
namespace {

// How a value of a type is read and written.
struct DurationText {
  static constexpr const char* kType = "duration";
  static Result<Duration> parse(const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed) return fail(parsed.error());
    return std::chrono::duration_cast<Duration>(*parsed);
  }
  static std::string format(Duration value) { return format_duration(value); }
};
struct CountText {
  static constexpr const char* kType = "count";
  static Result<std::size_t> parse(const std::string& text) { return parse_count(text); }
  static std::string format(std::size_t value) { return std::to_string(value); }
};
struct BytesText {
  static constexpr const char* kType = "bytes";
  static Result<std::size_t> parse(const std::string& text) { return parse_bytes(text); }
  static std::string format(std::size_t value) { return format_bytes(value); }
};
struct PlainText {
  static constexpr const char* kType = "text";
  static Result<std::string> parse(const std::string& text) { return text; }
  static std::string format(const std::string& value) { return value; }
};

struct NamesText {
  static constexpr const char* kType = "names";
  static Result<std::vector<std::string>> parse(const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      names.push_back(text.substr(begin, end - begin));
      begin = end + 1;
      if (!names.back().empty()) continue;
      return fail(ErrorCode::kInvalidArgument,
                  "'" + text + "' has an empty name: write names with commas between");
    }
    return names;
  }
  static std::string format(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
    return text;
  }
};

template <unsigned kMost>
struct NumberText {
  static constexpr const char* kType = "count";
  static Result<unsigned> parse(const std::string& text) {
    const Result<std::size_t> parsed = parse_count(text);
    if (!parsed) return fail(parsed.error());
    if (*parsed <= kMost) return static_cast<unsigned>(*parsed);
    return fail(ErrorCode::kInvalidArgument, text + " is more than " + std::to_string(kMost));
  }
  static std::string format(unsigned value) { return std::to_string(value); }
};
using UnsignedText = NumberText<std::numeric_limits<unsigned>::max()>;
struct PortText {
  static constexpr const char* kType = "port";
  static Result<int> parse(const std::string& text) {
    const Result<unsigned> parsed = NumberText<65'535>::parse(text);
    if (!parsed) return fail(parsed.error());
    return static_cast<int>(*parsed);
  }
  static std::string format(int value) { return std::to_string(value); }
};

struct InitialOffsetText {
  static constexpr const char* kType = "earliest|latest";
  static Result<InitialOffset> parse(const std::string& text) {
    if (text == "earliest") return InitialOffset::kEarliest;
    if (text == "latest") return InitialOffset::kLatest;
    return fail(ErrorCode::kInvalidArgument, "'" + text + "' is neither earliest nor latest");
  }
  static std::string format(InitialOffset value) {
    return value == InitialOffset::kEarliest ? "earliest" : "latest";
  }
};
struct LogLevelText {
  static constexpr const char* kType = "debug|info|warn|error";
  static Result<LogLevel> parse(const std::string& text) {
    for (const LogLevel level :
         {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
      if (text == name(level)) return level;
    }
    return fail(ErrorCode::kInvalidArgument, "'" + text + "' is none of debug, info, warn, error");
  }
  static std::string format(LogLevel value) { return name(value); }
};

struct LogFormatText {
  static constexpr const char* kType = "text|json";
  static Result<LogFormat> parse(const std::string& text) {
    if (text == "text") return LogFormat::kText;
    if (text == "json") return LogFormat::kJson;
    return fail(ErrorCode::kInvalidArgument, "'" + text + "' is neither text nor json");
  }
  static std::string format(LogFormat value) { return value == LogFormat::kJson ? "json" : "text"; }
};
struct EndpointText {
  static constexpr const char* kType = "url";
  static Result<std::string> parse(const std::string& text) {
    if (const Status valid = check_otlp_endpoint(text); !valid) return fail(valid.error());
    return text;
  }
  static std::string format(const std::string& value) { return value; }
};

// A setting in a member: an optional, or a value that is always there.
template <class Text, class Options, class Member>
Setting<Options> setting(std::string name, Member Options::*member, std::string default_value,
                         std::string help) {
  return {.name = std::move(name),
          .type = Text::kType,
          .default_value = std::move(default_value),
          .help = std::move(help),
          .set = [member](Options& options, const std::string& text) -> Status {
            auto parsed = Text::parse(text);
            if (!parsed) return fail(parsed.error());
            options.*member = std::move(*parsed);
            return {};
          },
          .get = [member](const Options& options) -> std::optional<std::string> {
            if constexpr (requires { (options.*member).has_value(); }) {
              if (!(options.*member).has_value()) return std::nullopt;
              return Text::format(*(options.*member));
            } else {
              return Text::format(options.*member);
            }
          }};
}

// Of a retry_backoff. Its fields are inherited together: one that is set alone stands beside the
// defaults.
template <class Text, class Member>
Setting<TopicOptions> retry_setting(std::string name, Member RetryBackoff::*member,
                                    std::string help) {
  return {.name = "retry_backoff." + std::move(name),
          .type = Text::kType,
          .default_value = Text::format(RetryBackoff().*member),
          .help = std::move(help),
          .set = [member](TopicOptions& options, const std::string& text) -> Status {
            const auto parsed = Text::parse(text);
            if (!parsed) return fail(parsed.error());
            if (!options.retry_backoff) options.retry_backoff.emplace();
            *options.retry_backoff.*member = *parsed;
            return {};
          },
          .get = [member](const TopicOptions& options) -> std::optional<std::string> {
            if (!options.retry_backoff) return std::nullopt;
            return Text::format(*options.retry_backoff.*member);
          }};
}

std::vector<Setting<TopicOptions>> make_topic_settings() {
  const TopicSettings defaults;
  const auto duration = setting<DurationText, TopicOptions, std::optional<Duration>>;
  const auto count = setting<CountText, TopicOptions, std::optional<std::size_t>>;
  return {
      count("max_records", &TopicOptions::max_records, CountText::format(defaults.max_records),
            "The most records of one batch."),
      setting<BytesText>("max_bytes", &TopicOptions::max_bytes,
                         BytesText::format(defaults.max_bytes),
                         "The most bytes of one batch; one record may exceed it."),
      count("min_records", &TopicOptions::min_records, CountText::format(defaults.min_records),
            "A batch is waited for until it has so many records, at most max_wait."),
      duration("max_wait", &TopicOptions::max_wait, DurationText::format(defaults.max_wait),
               "How long a batch may wait for min_records."),
      duration("consume_timeout", &TopicOptions::consume_timeout,
               DurationText::format(defaults.consume_timeout),
               "A consumer that runs longer is told of, by an event."),
      duration("tick_interval", &TopicOptions::tick_interval,
               DurationText::format(defaults.tick_interval),
               "A consumer with nothing to do for so long gets a tick; 0s: never."),
      count("window", &TopicOptions::window, CountText::format(defaults.window),
            "The most records of a partition that are taken and not committed."),
      retry_setting<DurationText>("first", &RetryBackoff::first,
                                  "The wait before the first retry."),
      retry_setting<DurationText>("max", &RetryBackoff::max, "The longest wait before a retry."),
      retry_setting<UnsignedText>("factor", &RetryBackoff::factor,
                                  "By how much each wait is longer than the one before."),
      retry_setting<UnsignedText>("jitter_percent", &RetryBackoff::jitter_percent,
                                  "By how much a wait is longer or shorter by chance."),
  };
}

}  // namespace

const std::vector<Setting<ProgramOptions>>& program_settings() {
  static const std::vector<Setting<ProgramOptions>> settings = {
      setting<PortText>("health.port", &ProgramOptions::health_port, "none",
                        "Kubernetes' probes and Prometheus are answered over HTTP there."),
      setting<PlainText>("health.address", &ProgramOptions::health_address, "0.0.0.0",
                         "The address on which they are."),
      setting<DurationText>("health.polling_ttl", &ProgramOptions::polling_ttl,
                            DurationText::format(HealthLimits().polling_ttl),
                            "A group's control thread that is silent for longer is dead."),
      setting<DurationText>("health.consuming_ttl", &ProgramOptions::consuming_ttl,
                            DurationText::format(HealthLimits().consuming_ttl),
                            "A consumer that runs longer without coming back is dead."),
      setting<LogLevelText>("log.level", &ProgramOptions::log_level, "info",
                            "What is less than that is not written to the log."),
      setting<LogFormatText>("log.format", &ProgramOptions::log_format, "text",
                             "Whether a line of the log is text or a JSON object."),
      setting<CountText>("log.similar_errors", &ProgramOptions::log_similar_errors,
                         CountText::format(LogOptions().similar_errors),
                         "Of errors of one group, type and class so many a second are written to "
                         "the log, and how many more there were; 0: all."),
      setting<EndpointText>("otlp.endpoint", &ProgramOptions::otlp_endpoint, "none",
                            "Spans go to the OpenTelemetry collector at that http:// address."),
      setting<CountText>("otlp.sample_one_in", &ProgramOptions::otlp_sample_one_in, "1",
                         "Of the traces that begin here, one of so many is sampled."),
      setting<NamesText>("include_groups", &ProgramOptions::include_groups, "all",
                         "The server runs only these groups of the routes."),
      setting<NamesText>("exclude_groups", &ProgramOptions::exclude_groups, "none",
                         "The server runs all groups but these."),
      setting<NamesText>("include_topics", &ProgramOptions::include_topics, "all",
                         "The server runs only the routes of these topics, in whichever group."),
      setting<NamesText>("exclude_topics", &ProgramOptions::exclude_topics, "none",
                         "The server runs all routes but those of these topics."),
  };
  return settings;
}

const std::vector<Setting<AppOptions>>& app_settings() {
  static const std::vector<Setting<AppOptions>> settings = {
      setting<PlainText>("client_id", &AppOptions::client_id, AppOptions().client_id,
                         "What brokers and logs call this program."),
      setting<UnsignedText>("concurrency", &AppOptions::concurrency, "one for each processor",
                            "How many threads run consumers."),
      setting<DurationText>("shutdown_timeout", &AppOptions::shutdown_timeout,
                            DurationText::format(kDefaultShutdownTimeout),
                            "How long work may take to end once the program is told to stop."),
      setting<DurationText>("output_timeout", &AppOptions::output_timeout,
                            DurationText::format(kDefaultOutputTimeout),
                            "How long what consumers send may wait for room in the send buffer."),
  };
  return settings;
}

const std::vector<Setting<GroupOptions>>& group_settings() {
  static const GroupSettings defaults;
  static const std::vector<Setting<GroupOptions>> settings = {
      setting<InitialOffsetText>("initial_offset", &GroupOptions::initial_offset,
                                 InitialOffsetText::format(defaults.initial_offset),
                                 "Where a partition begins that has no committed offset."),
      setting<DurationText>("commit_interval", &GroupOptions::commit_interval,
                            DurationText::format(defaults.commit_interval),
                            "How often what is done is committed."),
      setting<DurationText>("revocation_grace", &GroupOptions::revocation_grace,
                            DurationText::format(defaults.revocation_grace),
                            "How long running work may take to end when its partition goes."),
      setting<BytesText>("prefetch_bytes", &GroupOptions::prefetch_bytes,
                         BytesText::format(defaults.prefetch_bytes),
                         "The most bytes that wait to be consumed, of all partitions together."),
  };
  return settings;
}

const std::vector<Setting<TopicOptions>>& topic_settings() {
  static const std::vector<Setting<TopicOptions>> settings = make_topic_settings();
  return settings;
}

}  // namespace rookery
