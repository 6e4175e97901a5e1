// log.cc
//
// The one style of log lines. Writing is spdlog's.
#include <rookery/instrumentation/log.h>

#include <rookery/instrumentation/similar_errors.h>
#include <rookery/runtime/mutex.h>
#include <rookery/runtime/ranks.h>
#include <rookery/runtime/time.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <system_error>

namespace rookery {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string rfc3339(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
                unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

}  // namespace

const char* name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      break;
  }
  return "error";
}

LogLevel level_of(const Event& event) {
  switch (event.kind) {
    case EventKind::kErrorOccurred:
      return event.fatal ? LogLevel::kError : LogLevel::kWarn;
    case EventKind::kConsumeSlow:
    case EventKind::kPartitionsLost:
    case EventKind::kRecordSkipped:
    case EventKind::kLogTruncated:
      return LogLevel::kWarn;
    case EventKind::kCommitted:
    case EventKind::kRetryScheduled:
      return LogLevel::kDebug;
    default:
      return LogLevel::kInfo;
  }
}

std::string log_text(const Event& event) {
  std::string out = "[" + event.origin + "] " + name(event.kind);
  if (!event.error_type.empty()) out += " in " + event.error_type;
  if (!event.message.empty()) out += ": " + event.message;
  std::string details;
  const auto add = [&details](const std::string& detail) {
    details += (details.empty() ? "" : "; ") + detail;
  };
  if (!event.error_class.empty()) add(event.error_class);
  if (event.partition) {
    add(event.partition->text() + (event.offset ? " offset " + std::to_string(*event.offset) : ""));
  }
  if (event.attempt > 0) add("attempt " + std::to_string(event.attempt));
  if (!event.trace_id.empty()) add("trace " + event.trace_id);
  if (!details.empty()) out += " (" + details + ")";
  for (char& character : out) {
    if (character == '\n' || character == '\r') character = ' ';  // one event, one line
  }
  return out;
}

std::string log_json(const Event& event, WallTime time) {
  // Either may have blanks.
  const std::string& origin = event.origin;
  const bool is_of_group = !event.group.empty() && origin.ends_with(" " + event.group);
  const std::size_t server_ends =
      is_of_group ? origin.size() - event.group.size() - 1 : std::string::npos;
  nlohmann::ordered_json line = {{"time", rfc3339(time)},
                                 {"level", name(level_of(event))},
                                 {"server", origin.substr(0, server_ends)}};
  if (server_ends != std::string::npos) line["origin"] = event.group;
  line["event"] = name(event.kind);
  line["message"] = event.message;
  if (event.partition) {
    line["topic"] = event.partition->topic;
    line["partition"] = event.partition->partition;
  }
  if (event.offset) line["offset"] = *event.offset;
  if (!event.error_type.empty()) line["error_type"] = event.error_type;
  if (!event.error_class.empty()) line["error_class"] = event.error_class;
  if (event.attempt > 0) line["attempt"] = event.attempt;
  if (!event.trace_id.empty()) line["trace_id"] = event.trace_id;
  if (event.fatal) line["fatal"] = true;
  return line.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

namespace {

// Lines to standard error. Thread rules: any thread.
class StderrLog {
 public:
  explicit StderrLog(const LogOptions& options)
      : is_json_(options.format == LogFormat::kJson),
        similar_errors_(options.similar_errors),
        logger_("rookery", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern(is_json_ ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                        spdlog::pattern_time_type::utc);
    logger_.set_level(spdlog_level(options.level));
    logger_.flush_on(spdlog::level::debug);
  }

  ~StderrLog() {
    MutexLock lock(mutex_);
    write_left_out(kNever);
  }

  void log(const Event& event) {
    const TimePoint time = now();
    MutexLock lock(mutex_);
    // An end is the last thing that a server tells.
    write_left_out(event.kind == EventKind::kServerStopped ? kNever : time);
    if (!logger_.should_log(spdlog_level(level_of(event)))) return;
    if (similar_errors_.is_to_be_written(event, time)) write(event);
  }

 private:
  void write_left_out(TimePoint time) {
    for (const Event& event : similar_errors_.take_left_out(time)) write(event);
  }
  void write(const Event& event) {
    if (lost_ > 0 && write(spdlog::level::warn, text(loss(event.origin)))) lost_ = 0;
    if (!write(spdlog_level(level_of(event)), text(event))) ++lost_;
  }
  std::string text(const Event& event) const {
    return is_json_ ? log_json(event, wall_now()) : log_text(event);
  }
  Event loss(const std::string& origin) const {
    return {.kind = EventKind::kErrorOccurred,
            .origin = origin,
            .message = std::to_string(lost_) + " lines of this log were lost: " + why_,
            .error_type = "listener",
            .error_class = std::string(name(ErrorCode::kIo))};
  }
  // spdlog ignores what its sink could not write; the stream remembers.
  bool write(spdlog::level::level_enum level, const std::string& line) {
    errno = 0;
    logger_.log(level, spdlog::string_view_t(line));
    const int error = errno;
    if (std::ferror(stderr) == 0) return true;
    why_ = std::error_code(error, std::generic_category()).message();
    std::clearerr(stderr);
    return false;
  }

  const bool is_json_;
  Mutex mutex_{"log", ranks::kLog};  // guards what follows
  SimilarErrors similar_errors_;
  spdlog::logger logger_;
  std::size_t lost_ = 0;
  std::string why_;
};

}  // namespace

void log_to_stderr(Monitor& monitor, const LogOptions& options) {
  const auto log = std::make_shared<StderrLog>(options);
  monitor.subscribe([log](const Event& event) { log->log(event); });
}

}  // namespace rookery
