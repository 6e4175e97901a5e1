// partition_environment.h
//
// What all partitions of a connection share. Outlives them.
#pragma once

#include <rookery/base/result.h>
#include <rookery/instrumentation/run_times.h>
#include <rookery/processing/completion_count.h>
#include <rookery/processing/control_requests.h>
#include <rookery/processing/event_publisher.h>
#include <rookery/processing/event_relay.h>
#include <rookery/processing/log_starts.h>
#include <rookery/processing/output_producer.h>
#include <rookery/processing/seek_targets.h>
#include <rookery/processing/worker_pool.h>
#include <rookery/producing/partition_counts.h>
#include <rookery/routing/segments.h>
#include <rookery/runtime/atomic.h>
#include <rookery/tracing/tracer.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace rookery {

struct PartitionEnvironment {
  std::string group;
  std::string origin;                      // of events
  const EventPublisher* events = nullptr;  // never null
  WorkerPool* pool = nullptr;
  EventRelay* relay = nullptr;  // for what the control thread tells; never null
  OutputProducer* outputs = nullptr;
  const Tracer* tracer = nullptr;               // null: nothing is traced
  PartitionCounts* partition_counts = nullptr;  // of dead letter topics; null: there are none
  LogStarts* log_starts = nullptr;              // never null
  SeekTargets* seek_targets = nullptr;          // never null
  RunTimes* run_times = nullptr;                // null: nobody wants to know them
  Duration output_timeout{};                    // how long a send may wait for room
  // The parallel segment that this group is; none: it is the whole.
  std::optional<ParallelSegments> segments = {};
  std::size_t segment = 0;
  // All on any thread, no lock held.
  std::function<void()> on_quiesced;
  std::function<void()> wake_control;                    // there are requests
  std::function<void(const Error&)> on_fatal;            // a client can never work again
  std::function<void(const std::string&)> on_bad_alloc;  // which thread has run out of memory
  Atomic<bool> is_quiet{false};                          // take nothing more
  std::atomic<std::uint64_t> records_consumed{0};
  ControlRequests requests;
  CompletionCount completions;  // closed before anything above ends
};

enum class Ending : int { kNone, kShutdown, kRevoked, kLost };

}  // namespace rookery
