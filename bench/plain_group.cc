// plain_group.cc
//
// Joins, and leaves.
#include "bench/plain_group.h"

#include <utility>
#include <variant>

#include "bench/framework_run.h"

namespace rookery::bench {

Result<PlainGroup> PlainGroup::join(Transport& transport, const std::string& topic,
                                    TimePoint deadline) {
  auto made = transport.make_group_consumer(
      {.config = {{"group.id", fresh_group()}, {"auto.offset.reset", "earliest"}}});
  if (!made) return fail(made.error());
  PlainGroup plain(std::move(*made));
  if (Status subscribed = plain.group_->subscribe({topic}); !subscribed) {
    return fail(subscribed.error());
  }
  while (now() < deadline) {
    for (GroupEvent& event : plain.group_->poll_events(deadline)) {
      auto* assigned = std::get_if<Assigned>(&event);
      if (assigned == nullptr || assigned->partitions.empty()) continue;
      for (AssignedPartition& partition : assigned->partitions) {
        plain.streams_.push_back(std::move(partition.stream));
      }
      return plain;
    }
  }
  return fail(ErrorCode::kTimedOut, "no partition was assigned");
}

Status PlainGroup::close(TimePoint deadline) {
  streams_.clear();
  if (group_->close(deadline).outcome == CloseOutcome::kTerminated) return {};
  return fail(ErrorCode::kState, "the plain consumer did not close in time");
}

}  // namespace rookery::bench
