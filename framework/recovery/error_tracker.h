// error_tracker.h
//
// The errors of the record (or batch) that is failing now: what a consumer and an error policy may
// ask before they decide. Empty when nothing fails.
//
//   if (errors().counts().at("GatewayDown") > 3) ...
//
// One for each lane, at most kErrorsKept errors. Cleared when the record succeeds, and when it is
// given up. Thread rules: inside the consumer's functions and the policy only.
#pragma once

#include <rookery/base/topic_partition.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace rookery {

struct TrackedError {
  std::string error_class;  // the exception's type, or the name that it declares
  std::string message;
  Offset offset = -1;    // of the record that is to blame
  int attempt = 0;       // which failed; 1 is the first run
  std::string trace_id;  // 32 hex digits
};

class ErrorTracker {
 public:
  static constexpr std::size_t kErrorsKept = 100;

  explicit ErrorTracker(TopicPartition topic_partition)
      : topic_partition_(std::move(topic_partition)) {}

  const std::string& topic() const { return topic_partition_.topic; }
  PartitionId partition() const { return topic_partition_.partition; }

  bool empty() const { return errors_.empty(); }
  // The last ones, oldest first.
  const std::deque<TrackedError>& errors() const { return errors_; }
  // How many there were in all.
  std::uint64_t total() const { return total_; }
  // Of the errors kept, how many there are of each class.
  std::map<std::string, std::size_t> counts() const;
  // Of the latest error; empty when there is none.
  std::string trace_id() const { return errors_.empty() ? std::string() : errors_.back().trace_id; }

  // For the framework.
  void add(TrackedError error);
  void clear();

 private:
  TopicPartition topic_partition_;
  std::deque<TrackedError> errors_;
  std::uint64_t total_ = 0;
};

}  // namespace rookery
