// events.cc
//
// Listeners are a list that is copied when it grows, so that publishing holds no lock.
#include <rookery/instrumentation/error_class.h>
#include <rookery/instrumentation/events.h>
#include <rookery/instrumentation/new_trace_id.h>
#include <rookery/runtime/ranks.h>

#include <exception>
#include <new>

namespace rookery {

const char* name(EventKind kind) {
  switch (kind) {
    case EventKind::kErrorOccurred:
      return "error.occurred";
    case EventKind::kServerStarted:
      return "server.started";
    case EventKind::kServerStopping:
      return "server.stopping";
    case EventKind::kServerQuiet:
      return "server.quiet";
    case EventKind::kServerStopped:
      return "server.stopped";
    case EventKind::kSignal:
      return "signal";
    case EventKind::kConnectionRestored:
      return "connection.restored";
    case EventKind::kPartitionsAssigned:
      return "partitions.assigned";
    case EventKind::kPartitionsRevoked:
      return "partitions.revoked";
    case EventKind::kPartitionsLost:
      return "partitions.lost";
    case EventKind::kRetryScheduled:
      return "retry.scheduled";
    case EventKind::kCommitted:
      return "offsets.committed";
    case EventKind::kConsumeSlow:
      return "consume.slow";
    case EventKind::kDeadLetterDispatched:
      return "dead_letter.dispatched";
    case EventKind::kFilterPaused:
      return "filter.paused";
    case EventKind::kPartitionSought:
      return "partition.sought";
    case EventKind::kPartitionPaused:
      return "partition.paused";
    case EventKind::kPartitionResumed:
      return "partition.resumed";
    case EventKind::kRecordSkipped:
      return "record.skipped";
    case EventKind::kLogTruncated:
      return "log.truncated";
    case EventKind::kRecordsConsumed:
      return "records.consumed";
  }
  return "unknown";
}

Monitor::Monitor()
    : mutex_("monitor", ranks::kInstrumentation),
      listeners_(std::make_shared<std::vector<Subscription>>()) {}

void Monitor::subscribe(Listener listener) {
  subscribe(~bit(EventKind::kRecordsConsumed), std::move(listener));
}

void Monitor::subscribe(EventKind kind, Listener listener) {
  subscribe(bit(kind), std::move(listener));
}

void Monitor::subscribe(std::uint64_t kinds, Listener listener) {
  MutexLock lock(mutex_);
  auto grown = std::make_shared<std::vector<Subscription>>(*listeners_);
  grown->push_back({kinds, std::move(listener)});
  listeners_ = std::move(grown);
  wanted_.fetch_or(kinds, std::memory_order_relaxed);
}

bool Monitor::publish(const Event& event) const {
  if (event.kind != EventKind::kErrorOccurred || !event.trace_id.empty()) return tell(event);
  Event traced = event;
  traced.trace_id = new_trace_id();
  return tell(traced);
}

bool Monitor::tell(const Event& event) const {
  assert_no_locks_held("an event listener");
  std::shared_ptr<const std::vector<Subscription>> listeners;
  {
    MutexLock lock(mutex_);
    listeners = listeners_;
  }
  std::vector<Event> failures;
  bool is_memory_left = true;
  const auto call_all = [&](const Event& what, bool is_second_round) {
    for (const auto& [kinds, listener] : *listeners) {
      if ((kinds & bit(what.kind)) == 0) continue;
      std::string error_class;
      std::string message;
      bool is_critical = false;
      try {
        listener(what);
        continue;
      } catch (const std::exception& exception) {
        is_critical = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr;
        error_class = class_name(exception);
        message = exception.what();
      } catch (...) {
        error_class = "unknown";
        message = "not a std::exception";
      }
      if (is_critical) is_memory_left = false;
      if (is_second_round) continue;  // a listener that fails on its own failure is told once
      failures.push_back(
          {.kind = EventKind::kErrorOccurred,
           .origin = what.origin,
           .message = std::string("a listener of ") + name(what.kind) + " threw: " + message,
           .error_type = "listener",
           .error_class = error_class,
           .fatal = is_critical,
           .trace_id = what.trace_id.empty() ? new_trace_id() : what.trace_id});
    }
  };
  call_all(event, false);
  for (const Event& failure : failures) call_all(failure, true);
  return is_memory_left;
}

}  // namespace rookery
