// partition_events.cc
//
// What a partition tells of itself and its records.
#include <rookery/processing/partition.h>

#include <rookery/base/duration.h>

#include <chrono>

namespace rookery {

std::string Partition::describe() const {
  std::string out = topic_partition_.text() + marks_.describe();
  if (is_ending()) out += is_quiesced() ? " quiesced" : " ending";
  if (is_gone()) out += " gone";
  return out;
}

void Partition::publish_failure(const std::string& type, const std::string& error_class,
                                const std::string& message, std::optional<Offset> offset,
                                int attempt, const std::string& trace_id, bool is_fatal) {
  environment_->events->publish({.kind = EventKind::kErrorOccurred,
                                 .origin = environment_->origin,
                                 .message = message,
                                 .error_type = type,
                                 .error_class = error_class,
                                 .partition = topic_partition_,
                                 .offset = offset,
                                 .attempt = attempt,
                                 .fatal = is_fatal,
                                 .trace_id = trace_id,
                                 .group = environment_->group});
}

void Partition::publish_retry(std::optional<Offset> offset, int attempt, Duration wait) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(wait);
  environment_->events->publish({.kind = EventKind::kRetryScheduled,
                                 .origin = environment_->origin,
                                 .message = "again in " + format_duration(milliseconds),
                                 .partition = topic_partition_,
                                 .offset = offset,
                                 .attempt = attempt,
                                 .group = environment_->group});
}

void Partition::publish_taken(EventKind kind, const DeadLetterSource& source,
                              const std::string& message) {
  environment_->events->publish({.kind = kind,
                                 .origin = environment_->origin,
                                 .message = message,
                                 .error_class = source.error_class,
                                 .partition = topic_partition_,
                                 .offset = source.offset,
                                 .attempt = source.attempts,
                                 .trace_id = source.trace_id,
                                 .group = environment_->group});
}

void Partition::publish_consumed(std::size_t count) {
  if (count == 0) return;
  environment_->events->publish({.kind = EventKind::kRecordsConsumed,
                                 .origin = environment_->origin,
                                 .message = std::to_string(count),
                                 .partition = topic_partition_,
                                 .records = count,
                                 .group = environment_->group});
}

void Partition::publish_truncated(Offset offset) {
  environment_->events->publish({.kind = EventKind::kLogTruncated,
                                 .origin = environment_->origin,
                                 .message = "the log lost what lay at and above " +
                                            std::to_string(offset) +
                                            ": what lies there now is consumed",
                                 .partition = topic_partition_,
                                 .offset = offset,
                                 .group = environment_->group});
}

void Partition::publish_output_failure(const OutputFailure& failed) {
  if (failed.is_dead_letter) {
    publish_error("dead_letter", std::string(name(failed.error.code)), failed.error.text(),
                  failed.offset, failed.trace_id, failed.error.fatal);
  } else {
    publish_error("output", "SendFailed", failed.error.text(), failed.offset, failed.trace_id,
                  failed.error.fatal);
  }
}

void Partition::publish_error(const std::string& type, const std::string& error_class,
                              const std::string& message, std::optional<Offset> offset,
                              const std::string& trace_id, bool is_fatal) {
  publish_failure(type, error_class, message, offset, /*attempt=*/0, trace_id, is_fatal);
}

}  // namespace rookery
