// log.cc
//
// The one style of log lines. Writing is spdlog's.
#include <rookery/instrumentation/log.h>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <memory>

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

}  // namespace

LogLevel level_of(const Event& event) {
  switch (event.kind) {
    case EventKind::kErrorOccurred:
      return event.fatal ? LogLevel::kError : LogLevel::kWarn;
    case EventKind::kConsumeSlow:
    case EventKind::kPartitionsLost:
    case EventKind::kRecordSkipped:
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

void log_to_stderr(Monitor& monitor, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("rookery",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog_level(level));
  logger->flush_on(spdlog::level::debug);
  monitor.subscribe([logger](const Event& event) {
    logger->log(spdlog_level(level_of(event)), spdlog::string_view_t(log_text(event)));
  });
}

}  // namespace rookery
