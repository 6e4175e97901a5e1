// events.h
//
// What happens inside, told to whoever subscribed: logs, tests, health, metrics.
//
// Thread rules: publish from any thread with no lock held; listeners are called on that thread, one
// event after another for each thread. A listener that throws harms nobody: the rest are called,
// and the throw becomes an error event (once). But for std::bad_alloc, which no process should
// outlive: publish() answers false, and the server that published stops in order.
#pragma once

#include <rookery/base/result.h>
#include <rookery/base/topic_partition.h>
#include <rookery/runtime/mutex.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

enum class EventKind {
  kErrorOccurred,  // every problem anywhere is one of these
  kServerStarted,
  kServerStopping,
  kServerQuiet,
  kServerStopped,
  kSignal,
  kConnectionRestored,  // brokers answer a client again, of which an error had told
  kPartitionsAssigned,
  kPartitionsRevoked,  // handed back in order
  kPartitionsLost,
  kRetryScheduled,
  kCommitted,
  kConsumeSlow,           // consume_timeout was exceeded
  kDeadLetterDispatched,  // sent; its offset is marked when it is acknowledged
  kFilterPaused,          // filters have the partition wait
  kPartitionSought,       // by its consumer: it goes on at `offset`
  kPartitionPaused,       // by its consumer
  kPartitionResumed,
  kRecordSkipped,    // counted as done although it failed: a policy, or no dead letter topic
  kLogTruncated,     // the log lost its end: the partition goes back to `offset`
  kRecordsConsumed,  // `records` at once; told only to who subscribes to this kind
};

inline constexpr std::size_t kEventKinds =
    static_cast<std::size_t>(EventKind::kRecordsConsumed) + 1;

// "error.occurred", "partitions.assigned", ...
const char* name(EventKind kind);

struct Event {
  EventKind kind = EventKind::kErrorOccurred;
  std::string origin;       // who tells: server id, "billing" (a group), ...
  std::string message;      // readable alone
  std::string error_type;   // error.occurred: one of error_types.h
  std::string error_class;  // the exception's or Error's class
  std::optional<TopicPartition> partition;
  std::optional<Offset> offset;
  int attempt = 0;
  bool fatal = false;
  // error.occurred: 32 hex digits, those of the record's trace when there is one, else new ones,
  // which publish() adds. Other events: of the failing record, or empty.
  std::string trace_id = {};
  std::size_t records = 0;  // records.consumed: how many
  std::string group = {};   // the consumer group it is about; empty: the server's own
};

class Monitor {
 public:
  using Listener = std::function<void(const Event&)>;

  Monitor();
  // To all events but records.consumed. Listeners stay until the monitor's end. Before start is
  // best; later is allowed.
  void subscribe(Listener listener);
  // To those of one kind.
  void subscribe(EventKind kind, Listener listener);
  // Whether anybody is told of the kind: what costs to make needs not be made else.
  bool wants(EventKind kind) const {
    return (wanted_.load(std::memory_order_relaxed) & bit(kind)) != 0;
  }
  // False: a listener threw std::bad_alloc.
  bool publish(const Event& event) const;

 private:
  struct Subscription {
    std::uint64_t kinds;  // a bit for each
    Listener listener;
  };
  static std::uint64_t bit(EventKind kind) {
    return std::uint64_t{1} << static_cast<unsigned>(kind);
  }
  void subscribe(std::uint64_t kinds, Listener listener);
  bool tell(const Event& event) const;

  mutable Mutex mutex_;
  std::shared_ptr<const std::vector<Subscription>> listeners_;
  std::atomic<std::uint64_t> wanted_{0};
};

}  // namespace rookery
