// settings.h
//
// Settings after inheritance: what the processing room reads. Defaults are the project's
// (documented at each).
#pragma once

#include <rookery/filtering/filters.h>
#include <rookery/recovery/dead_letter.h>
#include <rookery/recovery/error_policy.h>
#include <rookery/routing/ordering.h>
#include <rookery/routing/segments.h>
#include <rookery/runtime/time_types.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace rookery {

enum class Marking {
  kAutomatic,  // after consume returned and its outputs are acknowledged
  kManual,     // by the consumer's mark()
};

enum class InitialOffset { kEarliest, kLatest };

// Wait before attempt n + 1: first * factor^(n-1), at most max, less or more by up to
// jitter_percent.
struct RetryBackoff {
  Duration first = std::chrono::seconds(1);
  Duration max = std::chrono::seconds(30);
  unsigned factor = 2;
  unsigned jitter_percent = 10;
};

// The wait after the attempt-th failure (1 is the first), without jitter.
Duration backoff_of(const RetryBackoff& retry, int attempt);
// With jitter: one draw of the runtime's dice.
Duration jittered_backoff_of(const RetryBackoff& retry, int attempt);

struct TopicSettings {
  Ordering ordering = {};
  Filters filters = {};
  std::size_t max_records = 500;
  std::size_t max_bytes = std::size_t{8} << 20;
  std::size_t min_records = 1;
  Duration max_wait = std::chrono::seconds(1);
  Duration consume_timeout = std::chrono::minutes(5);
  Duration tick_interval{};  // zero: no ticks
  std::size_t window = 10'000;
  RetryBackoff retry_backoff;
  Marking marking = Marking::kAutomatic;
  std::optional<DeadLetterQueue> dead_letter_queue = {};
  ErrorPolicy on_error = {};
};

struct GroupSettings {
  std::optional<ParallelSegments> parallel_segments = {};
  InitialOffset initial_offset = InitialOffset::kEarliest;
  Duration commit_interval = std::chrono::seconds(5);
  Duration revocation_grace = std::chrono::seconds(10);
  std::size_t prefetch_bytes = std::size_t{256} << 20;
};

inline constexpr Duration kDefaultShutdownTimeout = std::chrono::seconds(60);
// Kafka's default of delivery.timeout.ms.
inline constexpr Duration kDefaultOutputTimeout = std::chrono::seconds(120);

}  // namespace rookery
