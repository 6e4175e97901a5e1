// topic_reader.h
//
// Reads what is in topics now, outside any group: from an offset, a time or the beginning, to the
// end they have at the moment of the call. Nothing is committed.
//
//   const auto ends = topic_ranges(transport, {"orders.v1.dlq"}, options);
//   const auto read = read_ranges(transport, *ends, options, [](const Record& record) -> Status {
//     ...
//   });
//
// Thread rules: on the thread that calls; `take` too. Blocks until all is read, or for `patience`
// when the brokers say nothing.
#pragma once

#include <rookery/base/result.h>
#include <rookery/transport/transport.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace rookery {

// Called for each record, in the order of its partition. An error ends the reading, and is its
// answer. The record is valid during the call.
using TakeRecord = std::function<Status(const Record&)>;

// Offsets [begin, end) of a partition. Compaction and transactions leave gaps in them.
struct ReadRange {
  TopicPartition partition;
  Offset begin = 0;
  Offset end = 0;
};

struct ReadOptions {
  ConfigMap config = {};  // of the clients
  // How long the brokers may say nothing at all.
  Duration patience = std::chrono::seconds(10);
  // Only from the first record on that is so young; later ones may be older all the same.
  std::optional<Timestamp> since = {};
  // Asked at each look at the streams, on the thread that reads: true ends the reading, as its end
  // would. With it brokers may be silent as long as they like, so a range may have its end where no
  // record is yet (kWithoutEnd).
  std::function<bool()> is_over = {};
};
inline constexpr Offset kWithoutEnd = std::numeric_limits<Offset>::max();

struct ReadResult {
  std::uint64_t records = 0;
  std::optional<Timestamp> oldest;  // of the records' times
  std::optional<Timestamp> newest;
};

// What the topics hold now; partitions without records are left out. Errors: a topic does not exist
// (kUnknownTopicOrPartition, naming it); no broker answered in time.
Result<std::vector<ReadRange>> topic_ranges(Transport& transport,
                                            const std::vector<std::string>& topics,
                                            const ReadOptions& options);

// Errors: no broker answered in time; what `take` answered.
Result<ReadResult> read_ranges(Transport& transport, const std::vector<ReadRange>& ranges,
                               const ReadOptions& options, const TakeRecord& take);

// Both.
Result<ReadResult> read_to_end(Transport& transport, const std::vector<std::string>& topics,
                               const ReadOptions& options, const TakeRecord& take);

}  // namespace rookery
